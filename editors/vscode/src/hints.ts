import * as vscode from 'vscode';
import { InlayHintRequest, type LanguageClient } from 'vscode-languageclient/node';

// While VS Code waits for hints, from whichever extension, it does not hear that some have changed: it listens between its questions. What the server found just then would not be shown before the next
// edit. So VS Code is told again, after these pauses in milliseconds, until it asks; where hints are turned off it never does.
const pauses = [500, 1000, 2000, 4000, 8000];

// HintsAgain sees to it that VS Code hears of changed hints.
export class HintsAgain implements vscode.Disposable {
  private readonly emitters = new Set<vscode.EventEmitter<void>>();
  private unheard: vscode.TextDocument[] = [];
  private telling = false;
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly client: LanguageClient) {}

  // asked notes that VS Code asks for the hints of a document.
  asked(document: vscode.TextDocument): void {
    const emitter = this.emitterOf(document);
    if (emitter && !this.emitters.has(emitter)) {
      this.emitters.add(emitter);
      emitter.event(() => this.told());
    }
    this.unheard = this.unheard.filter((other) => other !== document);
  }

  dispose(): void {
    clearTimeout(this.timer);
  }

  // told begins to wait for VS Code's questions about what is seen.
  private told(): void {
    if (!this.telling) {
      this.unheard = seen().filter((document) => this.emitterOf(document) !== undefined);
      this.wait(pauses);
    }
  }

  private wait([pause, ...later]: number[]): void {
    clearTimeout(this.timer);
    if (pause === undefined) {
      return;
    }
    this.timer = setTimeout(() => {
      const documents = seen();
      this.unheard = this.unheard.filter((document) => documents.includes(document));
      if (this.unheard.length > 0) {
        this.telling = true;
        new Set(this.unheard.map((document) => this.emitterOf(document))).forEach((emitter) => emitter?.fire());
        this.telling = false;
        this.wait(later);
      }
    }, pause);
  }

  private emitterOf(document: vscode.TextDocument): vscode.EventEmitter<void> | undefined {
    return this.client.getFeature(InlayHintRequest.method).getProvider(document)?.onDidChangeInlayHints;
  }
}

function seen(): vscode.TextDocument[] {
  return vscode.window.visibleTextEditors.map((editor) => editor.document);
}
