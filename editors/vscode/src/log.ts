import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import type { LogOutputChannel } from 'vscode';

// pipeLog shows the server's log, a JSON object a line, at the levels that it has. Other lines, such as a panic's, are shown as they are.
export function pipeLog(input: Readable, output: LogOutputChannel): void {
  createInterface({ input }).on('line', (line) => {
    const { level, text } = readLine(line);
    output[level](text);
  });
}

type Level = 'debug' | 'info' | 'warn' | 'error';

// readLine returns what a line of the log says, and at what level.
export function readLine(line: string): { level: Level; text: string } {
  let fields: unknown;
  try {
    fields = JSON.parse(line);
  } catch {
    return { level: 'error', text: line };
  }
  if (typeof fields !== 'object' || fields === null || !('msg' in fields)) {
    return { level: 'error', text: line };
  }
  const { level, msg, ts: _ts, caller: _caller, ...rest } = fields as Record<string, unknown>;
  const more = Object.keys(rest).length > 0 ? ` ${JSON.stringify(rest)}` : '';
  return { level: isLevel(level) ? level : 'error', text: String(msg) + more };
}

function isLevel(level: unknown): level is Level {
  return level === 'debug' || level === 'info' || level === 'warn' || level === 'error';
}
