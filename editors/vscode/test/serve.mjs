// Starts VS Code's own server out of code-server's package, with the arguments that it takes itself: serve.mjs SERVER-MAIN ARGUMENT...
import { createServer } from 'node:http';
import { pathToFileURL } from 'node:url';

const [main] = process.argv.splice(2, 1);
const { default: older } = await import(pathToFileURL(main));
// Newer ones are ES modules, and start when they are loaded. Older ones leave it to code-server, and this is what code-server and VS Code do then.
if (older) {
  const server = await older.loadCodeWithNls();
  if (['--install-extension', '--version'].some(does => process.argv.includes(does))) {
    await server.spawnCli();
  } else {
    const listening = createServer((request, response) => agent.handleRequest(request, response));
    listening.on('upgrade', (request, socket) => agent.handleUpgrade(request, socket));
    const value = name => process.argv[process.argv.indexOf(name) + 1];
    await new Promise(resolve => listening.listen(Number(value('--port')), value('--host'), resolve));
    const agent = await server.createServer(listening.address());
    console.log(`Extension host agent listening on ${listening.address().port}`);
  }
}
