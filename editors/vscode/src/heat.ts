import * as vscode from 'vscode';
import { LSPErrorCodes, ResponseError } from 'vscode-languageclient/node';
import type { Server } from './client';
import { mover, type Span } from './heatRanges';
import { languages } from './languages';
import { reason, tell } from './mend';

// The colours of the levels above the first, which has none: package.json has them as mlmLsp.heat1 and so on.
const coloured = 6;
const pause = 400; // milliseconds without an edit before the server is asked again
const mostMoves = 500_000; // of tokens at an edit: one that replaces a name everywhere would keep all extensions waiting for seconds

// Surprise is what the server answers to mlm-lsp.surprise.
interface Surprise {
  version: number;
  legend: string[];
  tokens: { range: Span; bits: number; level: number; text: string }[];
}

// Heated is a token as it is drawn.
interface Heated {
  span: Span;
  level: number;
  text: string;
}

// Map is the heat map of one document.
interface HeatMap {
  document: vscode.TextDocument;
  tokens: Heated[];
  timer?: NodeJS.Timeout | undefined;
  asking?: vscode.CancellationTokenSource | undefined;
}

// Heat draws heat maps into editors, one for each document that the user wants one of. What an edit touches loses its colour at once; after a pause the whole is asked for anew.
export class Heat implements vscode.Disposable {
  private readonly maps = new Map<string, HeatMap>();
  private readonly legend = new Legend();
  private readonly levels = Array.from({ length: coloured }, (_, i) =>
    vscode.window.createTextEditorDecorationType({
      backgroundColor: new vscode.ThemeColor(`mlmLsp.heat${i + 1}`),
      borderRadius: '2px',
      rangeBehavior: vscode.DecorationRangeBehavior.ClosedClosed,
    }),
  );
  private readonly subscriptions: vscode.Disposable[];

  constructor(private readonly server: Server) {
    this.subscriptions = [
      vscode.workspace.onDidChangeTextDocument((e) => this.edited(e)),
      vscode.workspace.onDidCloseTextDocument((document) => this.remove(document)),
      vscode.window.onDidChangeVisibleTextEditors((editors) => editors.forEach((editor) => this.draw(editor))),
      vscode.window.onDidChangeActiveTextEditor(() => this.showLegend()),
      server.onDidChangeStatus((status) => status.kind === 'ready' && this.maps.forEach((map) => this.ask(map))),
    ];
  }

  // toggle draws the map of a document, or takes it away.
  async toggle(document: vscode.TextDocument): Promise<void> {
    if (this.maps.has(key(document))) {
      this.remove(document);
      return;
    }
    if (!languages.includes(document.languageId)) {
      return;
    }
    const map: HeatMap = { document, tokens: [] };
    this.maps.set(key(document), map);
    this.showState();
    await this.ask(map); // what takes long the server shows as progress
  }

  // drawn returns what is drawn in a document, undefined where there is no map.
  drawn(uri: vscode.Uri): Heated[] | undefined {
    return this.maps.get(uri.toString())?.tokens;
  }

  dispose(): void {
    for (const map of this.maps.values()) {
      forget(map);
    }
    vscode.Disposable.from(...this.subscriptions, ...this.levels, this.legend).dispose();
  }

  private async ask(map: HeatMap): Promise<void> {
    forget(map);
    const asking = new vscode.CancellationTokenSource();
    map.asking = asking;
    try {
      const editor = vscode.window.visibleTextEditors.find((e) => e.document === map.document);
      if (map.tokens.length === 0 && editor) {
        await this.fetch(map, asking.token, editor.visibleRanges.slice(0, 1).map(({ start, end }) => ({ start, end }))); // the first map of a long file takes seconds: what is seen comes first
      }
      await this.fetch(map, asking.token, []);
    } catch (err) {
      if (asking.token.isCancellationRequested || isOutdated(err) || !this.server.answers) {
        return; // an edit asks anew, and so does a server that is ready again
      }
      this.remove(map.document);
      tell(vscode.window.showErrorMessage, `mlm-lsp: there is no heat map: ${reason(err)}`, 'show-log');
    } finally {
      asking.dispose();
      if (map.asking === asking) {
        map.asking = undefined;
      }
    }
  }

  // fetch asks for the tokens of a document, or about those in a range of it, and draws them.
  private async fetch(map: HeatMap, token: vscode.CancellationToken, range: Span[]): Promise<void> {
    const { version, legend, tokens } = await this.server.execute<Surprise>('mlm-lsp.surprise', [this.server.uriOf(map.document), ...range], token);
    if (token.isCancellationRequested || version !== map.document.version) {
      return; // an edit asks anew
    }
    map.tokens = tokens.filter(({ level }) => level > 0).map(({ range: span, level, text }) => ({ span, level: Math.min(level, coloured), text }));
    this.legend.words = legend;
    this.drawAll(map);
    this.showLegend();
  }

  private edited({ document, contentChanges }: vscode.TextDocumentChangeEvent): void {
    const map = this.maps.get(key(document));
    if (!map || contentChanges.length === 0) {
      return;
    }
    const count = map.tokens.length;
    if (count * contentChanges.length > mostMoves) {
      map.tokens = [];
    }
    for (const move of contentChanges.map(({ range, text }) => mover(range, text))) {
      map.tokens = map.tokens.flatMap((token) => {
        const span = move(token.span);
        return span ? [{ ...token, span }] : [];
      });
    }
    if (map.tokens.length < count) {
      this.drawAll(map);
    }
    forget(map);
    map.timer = setTimeout(() => void this.ask(map), pause);
  }

  private remove(document: vscode.TextDocument): void {
    const map = this.maps.get(key(document));
    if (!map) {
      return;
    }
    forget(map);
    map.tokens = [];
    this.drawAll(map);
    this.maps.delete(key(document));
    this.showState();
  }

  private drawAll(map: HeatMap): void {
    for (const editor of vscode.window.visibleTextEditors) {
      if (editor.document === map.document) {
        this.draw(editor);
      }
    }
  }

  private draw(editor: vscode.TextEditor): void {
    const map = this.maps.get(key(editor.document));
    if (!map) {
      return;
    }
    this.levels.forEach((type, i) => {
      const tokens = map.tokens.filter((token) => token.level === i + 1);
      editor.setDecorations(type, tokens.map(({ span, text }) => ({
        range: new vscode.Range(span.start.line, span.start.character, span.end.line, span.end.character),
        hoverMessage: new vscode.MarkdownString().appendCodeblock(text, 'plaintext'),
      })));
    });
  }

  private showState(): void {
    // By paths: in a remote window the documents' URIs have another scheme and authority there than here.
    const paths = [...this.maps.values()].flatMap(({ document: { uri } }) => [uri.path, uri.fsPath]);
    void vscode.commands.executeCommand('setContext', 'mlmLsp.heated', paths);
    this.showLegend();
  }

  private showLegend(): void {
    const editor = vscode.window.activeTextEditor;
    this.legend.show(editor !== undefined && this.maps.has(key(editor.document)));
  }
}

// Legend stands in the status bar while the editor in front has a heat map: what it measures, then each colour and what it stands for. A click takes the map away.
class Legend implements vscode.Disposable {
  words: string[] = [];
  private readonly title = legendItem(0);
  private readonly colours = Array.from({ length: coloured }, (_, i) => {
    const swatch = legendItem(2 * i + 1);
    swatch.color = new vscode.ThemeColor(`mlmLsp.heat${i + 1}`);
    return { swatch, label: legendItem(2 * i + 2) };
  });

  show(visible: boolean): void {
    this.title.text = '$(flame) surprise in bits:';
    this.colours.forEach(({ swatch, label }, i) => {
      swatch.text = '██';
      label.text = this.words[i + 1] ?? '';
    });
    for (const item of [this.title, ...this.colours.flatMap(({ swatch, label }) => [swatch, label])]) {
      if (visible && this.words.length > 0) {
        item.show();
      } else {
        item.hide();
      }
    }
  }

  dispose(): void {
    vscode.Disposable.from(this.title, ...this.colours.flatMap(({ swatch, label }) => [swatch, label])).dispose();
  }
}

function legendItem(place: number): vscode.StatusBarItem {
  const item = vscode.window.createStatusBarItem(`heat.${place}`, vscode.StatusBarAlignment.Left, -100 - place);
  item.name = 'mlm-lsp: legend of the heat map';
  item.tooltip = 'How surprising each token is, in bits a subword. A click takes the heat map away.';
  item.command = 'mlmLsp.heat';
  return item;
}

function key(document: vscode.TextDocument): string {
  return document.uri.toString();
}

// forget drops what is on its way.
function forget(map: HeatMap): void {
  clearTimeout(map.timer);
  map.asking?.cancel();
}

// isOutdated knows the answer to a question about a text that was edited meanwhile.
function isOutdated(err: unknown): boolean {
  return err instanceof ResponseError && (err.code === LSPErrorCodes.ContentModified || err.code === LSPErrorCodes.RequestCancelled || err.code === LSPErrorCodes.ServerCancelled);
}
