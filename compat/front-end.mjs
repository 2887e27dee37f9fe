// A page of another origin that signs in with Backstage's browser client, on a free loopback port.
//
// The first line of its output is JSON: `url`, to which `?hub=<base URL>` is added. It stops with
// its standard input.
import { createServer } from 'node:http';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const bundle = await build({
  entryPoints: [fileURLToPath(new URL('fixtures/front-end.js', import.meta.url))],
  bundle: true,
  write: false,
  format: 'iife',
  define: { 'process.env.NODE_ENV': '"production"' },
  loader: { '.css': 'empty' },
  logLevel: 'error',
});
const script = bundle.outputFiles[0].text;
const page = `<!doctype html><title>A front end</title>
<button id="sign-in">Sign in</button> <button id="refresh">Refresh</button> <button id="sign-out">Sign out</button>
<pre id="result"></pre><script src="/front-end.js"></script>`;
const server = createServer((request, response) => {
  const isScript = request.url === '/front-end.js';
  response.setHeader('content-type', isScript ? 'text/javascript' : 'text/html');
  response.end(isScript ? script : page);
});
server.listen(0, '127.0.0.1', () => {
  process.stdout.write(`${JSON.stringify({ url: `http://127.0.0.1:${server.address().port}/` })}\n`);
});
process.stdin.on('end', () => process.exit(0)).resume();
