// Pyright as an extension, for the tests: its own is not in any registry that they use.
'use strict';
const path = require('node:path');
const { LanguageClient } = require('vscode-languageclient/node');

let client;

exports.activate = async () => {
  client = new LanguageClient('pyright', 'pyright',
    { command: process.execPath, args: [path.join(__dirname, 'node_modules/pyright/langserver.index.js'), '--stdio'], options: { env: { ...process.env, ELECTRON_RUN_AS_NODE: '1' } } },
    { documentSelector: [{ language: 'python', scheme: 'file' }] });
  await client.start();
};

exports.deactivate = () => client?.stop();
