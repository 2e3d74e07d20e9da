-- The configuration of mlm-lsp for Neovim 0.11 and newer. Put this folder's parent on 'runtimepath', then: vim.lsp.enable('mlm_lsp')
return {
  cmd = { 'mlm-lsp', 'serve' },
  filetypes = { 'go', 'python', 'typescript', 'typescriptreact', 'javascript', 'javascriptreact', 'java', 'rust', 'c', 'cpp', 'php', 'ruby' },
  root_markers = { '.git' },
}
