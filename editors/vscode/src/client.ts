import * as vscode from 'vscode';
import {
  type ClientCapabilities,
  CloseAction,
  type CloseHandlerResult,
  ErrorAction,
  type ExecuteCommandParams,
  ExecuteCommandRequest,
  type FeatureState,
  LanguageClient,
  type LanguageClientOptions,
  MessageType,
  RevealOutputChannelOn,
  ShowMessageNotification,
  State,
} from 'vscode-languageclient/node';
import { findProgram, NotFound, type Program } from './binary';
import { keeping } from './commands/silence';
import { HintsAgain } from './hints';
import { languages } from './languages';
import { pipeLog } from './log';
import { allSettings, type Button, openAt, reason, tell } from './mend';
import { settingsFor } from './settings';
import type { Action, Status } from './status';

// A server that ends unexpectedly is started again, but not for ever.
const mostCrashes = 4;
const crashWindow = 3 * 60 * 1000;

const patience = 5000; // milliseconds for a server to answer that is not wanted any more

// Server is the server's process and the session with it. One at a time runs; starts and stops take turns.
export class Server implements vscode.Disposable {
  readonly output = vscode.window.createOutputChannel('mlm-lsp', { log: true });
  private readonly changed = new vscode.EventEmitter<Status>();
  readonly onDidChangeStatus = this.changed.event;
  // explain is what the code action "Explain" does; whoever shows explanations sets it.
  explain: (uri: string, position: { line: number; character: number }) => Thenable<unknown> = () => Promise.resolve();

  private client: LanguageClient | undefined;
  private hints: HintsAgain | undefined;
  private turn: Promise<void> = Promise.resolve();
  private crashes: number[] = [];
  private current: Status = { kind: 'starting' };
  private running: Program | undefined;
  private over = false;

  // settings are the names of those that the server asks for.
  constructor(
    private readonly extensionPath: string,
    private readonly settings: string[],
  ) {}

  get status(): Status {
    return this.current;
  }

  // program is what was started last.
  get program(): Program | undefined {
    return this.running;
  }

  get version(): string | undefined {
    return this.client?.initializeResult?.serverInfo?.version;
  }

  get pid(): number | undefined {
    return this.client?.serverProcess?.pid;
  }

  // answers reports whether requests can be sent.
  get answers(): boolean {
    return this.client?.state === State.Running;
  }

  start(): Promise<void> {
    return this.inTurn(() => this.begin());
  }

  // stop ends the server for good: what is asked for later starts none.
  stop(): Promise<void> {
    this.over = true;
    return this.inTurn(() => this.end());
  }

  restart(): Promise<void> {
    return this.inTurn(async () => {
      await this.end();
      this.crashes = [];
      await this.begin();
    });
  }

  // execute has the server do a command of its own. It throws what the server answers when it refuses.
  async execute<T>(command: string, args: unknown[], token?: vscode.CancellationToken): Promise<T> {
    if (!this.client || !this.answers) {
      throw new Error(`the server does not run (${this.current.kind})`);
    }
    const params: ExecuteCommandParams = { command, arguments: args };
    return (await this.client.sendRequest(ExecuteCommandRequest.type, params, token)) as T;
  }

  // uriOf is a document's name as the server knows it.
  uriOf(document: vscode.TextDocument): string {
    return this.client ? this.client.code2ProtocolConverter.asUri(document.uri) : document.uri.toString();
  }

  dispose(): void {
    this.changed.dispose();
    this.output.dispose();
  }

  private inTurn(work: () => Promise<void>): Promise<void> {
    this.turn = this.turn.then(work, work);
    return this.turn;
  }

  private set(status: Status): void {
    this.current = status;
    this.changed.fire(status);
  }

  private async begin(): Promise<void> {
    if (this.over) {
      return;
    }
    try {
      this.running = await findProgram(this.extensionPath);
    } catch (err) {
      this.running = undefined;
      this.fail({ kind: 'missing', message: reason(err), action: err instanceof NotFound ? err.action : 'show-log' });
      return;
    }
    this.set({ kind: 'starting' });
    this.output.info(`starting ${this.running.command} (${this.running.origin})`);
    const client = this.makeClient(this.running);
    this.client = client;
    // Not waited for: a server that never answers must not keep the user from starting it again.
    client.start().catch((err: unknown) => {
      if (this.client === client) {
        this.output.error(String(err));
        this.fail({ kind: 'stopped', message: `the server could not be started: ${reason(err)}`, action: 'show-log' }, 'open-settings');
      }
    });
  }

  // end stops the server, in order if it answers. One that is being started is waited for: its process may not be there yet, and what it has registered would be in the next one's way.
  private async end(): Promise<void> {
    const client = this.client;
    this.client = undefined;
    this.hints?.dispose();
    if (client?.state === State.Starting || client?.state === State.Running) {
      await settled(client);
    }
    if (client?.state !== State.Running) {
      client?.serverProcess?.kill();
      return;
    }
    try {
      await client.dispose(2000);
    } catch (err) {
      this.output.warn(`stopping the server: ${reason(err)}`);
    }
  }

  private fail(status: Status & { message: string; action: Action }, ...more: Action[]): void {
    this.set(status);
    tell(vscode.window.showErrorMessage, `mlm-lsp: ${status.message}`, status.action, ...more, 'show-log');
  }

  private makeClient(program: Program): LanguageClient {
    const options: LanguageClientOptions = {
      // A project's file of settings is the server's as well: what stands in the editor goes over what is on the disk.
      documentSelector: [...languages.flatMap((language) => [{ language, scheme: 'file' }, { language, scheme: 'untitled' }]), { scheme: 'file', pattern: '**/.mlm-lsp.toml' }],
      outputChannel: this.output,
      revealOutputChannelOn: RevealOutputChannelOn.Never,
      stdioOptions: { stderr: pipeLog, stdout: () => undefined },
      errorHandler: {
        error: (err) => ({ action: ErrorAction.Continue, message: `the connection: ${err.message}`, handled: true }),
        closed: () => this.closed(client, answered),
      },
      initializationFailedHandler: () => false, // begin tells
      diagnosticPullOptions: { onChange: true, onSave: true },
      middleware: {
        workspace: {
          // A server that is not there yet asks for the settings when it is.
          didChangeConfiguration: async (sections, next) => {
            if (client.state === State.Running) {
              await next(sections);
            }
          },
          configuration: ({ items }) => items.map(({ scopeUri }) => settingsFor(this.settings, scopeUri === undefined ? undefined : client.protocol2CodeConverter.asUri(scopeUri))),
        },
        provideCodeActions: async (document, range, context, token, next) => (await next(document, range, context, token))?.map(keeping),
        provideInlayHints: (document, range, token, next) => {
          hints.asked(document);
          return next(document, range, token);
        },
        executeCommand: (command, args, next) => (command === 'mlm-lsp.explain' ? this.explain(args[0] as string, args[1] as { line: number; character: number }) : next(command, args)),
      },
    };
    // The working directory is none of the workspace's: no library there can come before the system's.
    const executable = { command: program.command, args: ['serve', ...program.model], options: { cwd: this.extensionPath } };
    const client: LanguageClient = new LanguageClient('mlm-lsp', 'mlm-lsp', executable, options);
    const hints = (this.hints = new HintsAgain(client));
    let answered = false; // at any time; before that, begin tells what goes wrong
    client.onDidChangeState(({ newState }) => {
      answered ||= newState === State.Running;
      if (newState === State.StartFailed && answered && this.client === client && this.current.kind !== 'stopped') {
        this.fail({ kind: 'stopped', message: 'the server ended unexpectedly and could not be started again', action: 'restart' });
      }
    });
    client.registerFeature({
      fillClientCapabilities: (capabilities: ClientCapabilities) => {
        capabilities.experimental = { ...(capabilities.experimental as object | undefined), mlmLspStatus: true };
      },
      initialize: () => undefined,
      getState: (): FeatureState => ({ kind: 'static' }),
      clear: () => undefined,
    });
    client.onNotification('mlm-lsp/status', (status: Status) => {
      if (this.client === client) {
        this.set(status);
      }
    });
    client.onNotification(ShowMessageNotification.type, ({ type, message }) => this.showMessage(type, message));
    return client;
  }

  // showMessage shows what the server tells the user, with buttons that mend it where something is amiss.
  private showMessage(type: MessageType, message: string): void {
    const { action } = this.current;
    switch (type) {
      case MessageType.Error:
        tell(vscode.window.showErrorMessage, message, ...(action ? [action] : []), 'show-log');
        break;
      case MessageType.Warning:
        tell(vscode.window.showWarningMessage, message, projectFile(message) ?? action ?? allSettings, 'show-log');
        break;
      default:
        tell(vscode.window.showInformationMessage, message);
    }
  }

  // closed decides what happens when the server has ended without being told to.
  private closed(client: LanguageClient, answered: boolean): CloseHandlerResult {
    if (this.client !== client) {
      return { action: CloseAction.DoNotRestart, handled: true };
    }
    if (!answered) {
      return { action: CloseAction.DoNotRestart, handled: true, message: 'the server ended before it answered' };
    }
    const now = Date.now();
    this.crashes = [...this.crashes.filter((at) => now - at < crashWindow), now];
    if (this.crashes.length <= mostCrashes) {
      this.set({ kind: 'crashed', message: `${this.crashes.length} of ${mostCrashes} times in three minutes`, action: 'show-log' });
      return { action: CloseAction.Restart, handled: true, message: 'the server ended unexpectedly and is started again' };
    }
    this.fail({ kind: 'stopped', message: `the server ended unexpectedly ${this.crashes.length} times in three minutes and is not started again`, action: 'restart' });
    return { action: CloseAction.DoNotRestart, handled: true, message: 'the server ended too often' };
  }
}

// settled waits until a client has started, with all that it registers, or has failed to; but not longer than a user would.
async function settled(client: LanguageClient): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const enough = new Promise<void>((resolve) => (timer = setTimeout(resolve, patience)));
  await Promise.race([client.start().catch(() => undefined), enough]); // start returns what is under way; begin tells what goes wrong
  clearTimeout(timer);
}

// projectFile is the button that opens the project's file which a complaint begins with, if it does.
function projectFile(message: string): Button | undefined {
  const [, file, line] = /^mlm-lsp: (.*?\.mlm-lsp\.toml)(?::(\d+))?: /.exec(message) ?? [];
  return file === undefined ? undefined : openAt(file, Number(line ?? 1));
}
