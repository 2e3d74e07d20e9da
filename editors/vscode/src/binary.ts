import { constants } from 'node:fs';
import { access, realpath, stat } from 'node:fs/promises';
import * as os from 'node:os';
import * as path from 'node:path';
import type { Action } from './status';
import { chosen, mayRunFrom, type Chosen } from './trust';

// Program is the server's program and how it is called.
export interface Program {
  command: string; // an absolute path
  model: string[]; // flags of every command that predicts; library among them
  library: string[]; // the flag of the runtime library alone
  origin: string; // where the program is from, in words
  withheld: string[]; // settings that an untrusted workspace keeps from being heeded
}

// NotFound says why there is nothing to run, and what mends it.
export class NotFound extends Error {
  constructor(
    message: string,
    readonly action: Action,
  ) {
    super(message);
  }
}

const programName = process.platform === 'win32' ? 'mlm-lsp.exe' : 'mlm-lsp';

// findProgram looks for the server: the setting, what the extension carries, the PATH. Nothing is run or loaded to find it.
export async function findProgram(extensionPath: string): Promise<Program> {
  const settings = chosen();
  const { command, origin, carried } = await findCommand(settings, extensionPath);
  const library = await libraryFlag(settings, carried);
  return { command, origin, model: [...(await modelFlags(settings)), ...library], library, withheld: settings.withheld };
}

// findCommand returns the program, and of the extension's own the library that it carries.
async function findCommand(settings: Chosen, extensionPath: string): Promise<{ command: string; origin: string; carried?: string }> {
  if (settings.path !== '') {
    return { command: await named('mlm-lsp.server.path', settings.path, isProgram), origin: 'named in the settings' };
  }
  const carried = path.join(extensionPath, 'server', programName);
  if (await isProgram(carried)) {
    return { command: carried, origin: 'part of the extension', carried: path.join(extensionPath, 'server', libraryName()) };
  }
  const command = await onPath();
  if (command === undefined) {
    throw settings.withheld.includes('mlm-lsp.server.path')
      ? new NotFound('this workspace is not trusted, so that mlm-lsp.server.path is not heeded, and no mlm-lsp is on the PATH', 'manage-trust')
      : new NotFound('no mlm-lsp is on the PATH: install it, or name it in mlm-lsp.server.path', 'open-settings');
  }
  return { command, origin: 'found on the PATH' };
}

async function modelFlags(settings: Chosen): Promise<string[]> {
  const device = settings.device === 'auto' ? [] : ['--device', settings.device];
  return settings.model === '' ? device : ['--model', await named('mlm-lsp.server.model', settings.model, isThere), ...device];
}

// libraryFlag names the runtime library, where there is one beside what the program finds by itself.
async function libraryFlag(settings: Chosen, carried?: string): Promise<string[]> {
  if (settings.library !== '') {
    return ['--ort-library', await named('mlm-lsp.server.library', settings.library, isThere)];
  }
  return carried !== undefined && (await isThere(carried)) ? ['--ort-library', carried] : [];
}

// named returns what a setting names, which must be absolute: what it is relative to would depend on what is open.
async function named(setting: string, value: string, fits: (name: string) => Promise<boolean>): Promise<string> {
  const name = value.startsWith('~/') ? path.join(os.homedir(), value.slice(2)) : value;
  if (!path.isAbsolute(name)) {
    throw new NotFound(`${setting} must be an absolute path, not ${value}`, 'open-settings');
  }
  if (!(await fits(name))) {
    throw new NotFound(`${setting} names ${name}, which is not there${fits === isProgram ? ' or cannot be run' : ''}`, 'open-settings');
  }
  return name;
}

async function onPath(): Promise<string | undefined> {
  for (const directory of (process.env['PATH'] ?? '').split(path.delimiter)) {
    const name = path.join(directory, programName);
    if (path.isAbsolute(directory) && (await mayRunFrom(directory)) && (await isProgram(name)) && (await mayRunFrom(path.dirname(await realpath(name))))) {
      return name;
    }
  }
  return undefined;
}

async function isThere(name: string): Promise<boolean> {
  return stat(name).then(() => true, () => false);
}

async function isProgram(name: string): Promise<boolean> {
  try {
    await access(name, constants.X_OK);
    return (await stat(name)).isFile();
  } catch {
    return false;
  }
}

function libraryName(): string {
  switch (process.platform) {
    case 'win32':
      return 'onnxruntime.dll';
    case 'darwin':
      return 'libonnxruntime.dylib';
    default:
      return 'libonnxruntime.so';
  }
}
