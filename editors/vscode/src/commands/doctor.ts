import { execFile } from 'node:child_process';
import * as vscode from 'vscode';
import type { Server } from '../client';
import { tell } from '../mend';

// doctor has the program look at everything that predictions depend on, shows what it says, and offers to mend what is amiss.
export async function doctor(extensionPath: string, server: Server): Promise<void> {
  const program = server.program;
  if (!program) {
    await server.restart(); // which tells what is missing
    return;
  }
  const args = ['doctor', ...program.model];
  const { code, text } = await vscode.window.withProgress({ location: vscode.ProgressLocation.Notification, title: 'mlm-lsp: looking at library, device and model', cancellable: true }, (_, token) =>
    run(program.command, args, extensionPath, server, token),
  );
  if (code === undefined) {
    return; // the user has had enough
  }
  server.output.info(`${program.command} ${args.join(' ')}\n${text}`);
  if (code === 0) {
    tell(vscode.window.showInformationMessage, 'mlm-lsp: all is well', 'show-log');
    return;
  }
  server.output.show(true);
  const problem = /^problem +(.*)$/m.exec(text)?.[1] ?? `mlm-lsp doctor ended with ${code}`;
  tell(vscode.window.showErrorMessage, `mlm-lsp: ${problem}`, ...(/^library /m.test(text) ? [] : ['install-runtime' as const]), 'open-settings', 'show-log');
}

// run returns what the program says and its exit code; undefined when it was cancelled. Its working directory is, as the server's, none of the workspace's: where VS Code was started may be.
function run(command: string, args: string[], cwd: string, server: Server, token: vscode.CancellationToken): Promise<{ code: number | undefined; text: string }> {
  return new Promise((resolve) => {
    const child = execFile(command, args, { cwd, maxBuffer: 1 << 20 }, (err, stdout, stderr) => {
      if (stderr !== '') {
        server.output.warn(stderr.trimEnd());
      }
      const code = token.isCancellationRequested ? undefined : !err ? 0 : typeof err.code === 'number' ? err.code : -1;
      resolve({ code, text: stdout === '' && err ? err.message : stdout });
    });
    token.onCancellationRequested(() => child.kill());
  });
}
