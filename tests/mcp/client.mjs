// The client, against the reference server that has something of everything.
import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { ran, started } from './started.mjs';

const { IO, MODULES } = process.env;
const EVERYTHING = join(MODULES, '@modelcontextprotocol/server-everything/dist/index.js');

/** A port of loopback that is free now. */
async function free() {
  const server = createServer();
  await new Promise((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address();
  await new Promise((done) => server.close(done));
  return port;
}

test('the client lists and calls tools of the reference server', { timeout: 45_000 }, async () => {
  const port = await free();
  const env = { ...process.env, PORT: String(port) };
  const server = await started('node', [EVERYTHING, 'streamableHttp'], { env, looked: /listening on port/ });
  try {
    const told = { ...process.env, STEPWELL_TEST_MCP_SERVER: `http://127.0.0.1:${port}/mcp` };
    const { stdout } = await ran(IO, ['--ignored', '--exact', 'mcp_everything::the_reference_server_is_understood'], told);
    assert.match(stdout, /1 passed/, stdout);
  } finally {
    await server.stop();
  }
});
