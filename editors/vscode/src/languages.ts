// The languages that the server knows, by VS Code's names for them. package.json activates on the same.

export const languages = ['go', 'python', 'typescript', 'typescriptreact', 'javascript', 'javascriptreact', 'java', 'rust', 'c', 'cpp', 'php', 'ruby'];

// typedLanguages are those in which the server suggests types.
export const typedLanguages = ['python', 'typescript', 'typescriptreact', 'javascript', 'javascriptreact'];
