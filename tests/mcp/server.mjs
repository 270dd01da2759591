// The server, asked by the conformance suite and by the inspector.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { ran, started } from './started.mjs';

const { BINARY, MODULES, WORKFLOWS } = process.env;
const CONFORMANCE = join(MODULES, '@modelcontextprotocol/conformance/dist/index.js');
const INSPECTOR = join(MODULES, '@modelcontextprotocol/inspector/cli/build/index.js');
// Scenarios that ask for what a server without resources, prompts and sampling has too. The tools that they name are
// workflows here.
const SCENARIOS = [
  'server-initialize',
  'ping',
  'tools-list',
  'tools-call-simple-text',
  'tools-call-error',
  'tools-call-with-progress',
  'json-schema-2020-12',
  'dns-rebinding-protection',
];
const TOOLS = ['list_workflows', 'start_workflow', 'get_execution', 'list_interactions', 'answer', 'ask_human', 'request_authorization'];

let folder;
let host;

before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'stepwell-mcp-'));
  const options = ['--json', '--data', join(folder, 'data'), 'dev', '--port', '0', '--workflows', WORKFLOWS];
  host = await started(BINARY, options, { looked: /http:\/\/[0-9.:]+/ });
});

after(async () => {
  await host?.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** Asks a server by the inspector's command line. `server` is how the inspector reaches it. */
async function inspected(server, ...options) {
  const { stdout } = await ran('node', [INSPECTOR, ...server, ...options]);
  return JSON.parse(stdout);
}

const over = () => [`${host.found}/mcp`, '--transport', 'http'];

for (const scenario of SCENARIOS) {
  test(`conformance: ${scenario}`, { timeout: 45_000 }, async () => {
    const { stdout } = await ran('node', [CONFORMANCE, 'server', '--url', `${host.found}/mcp`, '--scenario', scenario]);
    assert.match(stdout, /Passed: [1-9]\d*\/\d+, 0 failed/, stdout);
  });
}

test('the inspector lists and calls tools over HTTP', { timeout: 45_000 }, async () => {
  const { tools } = await inspected(over(), '--method', 'tools/list');
  const names = tools.map((tool) => tool.name);
  for (const name of [...TOOLS, 'test_simple_text']) assert.ok(names.includes(name), `${name} in ${names}`);
  const said = await inspected(over(), '--method', 'tools/call', '--tool-name', 'test_simple_text');
  assert.equal(said.content[0].text, 'This is a simple text response for testing.');
  assert.equal(said.structuredContent.status, 'completed');
});

test('the inspector speaks with `stepwell mcp` through the host that has the folder', { timeout: 45_000 }, async () => {
  const server = [BINARY, '--data', join(folder, 'data'), 'mcp'];
  const said = await inspected(server, '--method', 'tools/call', '--tool-name', 'test_simple_text');
  assert.equal(said.content[0].text, 'This is a simple text response for testing.');
});

test('`stepwell mcp` is the host of a folder that nobody has', { timeout: 45_000 }, async () => {
  const own = join(folder, 'own');
  await ran(BINARY, ['--data', own, 'save', join(WORKFLOWS, 'test_simple_text.json')]);
  const said = await inspected([BINARY, '--data', own, 'mcp'], '--method', 'tools/call', '--tool-name', 'test_simple_text');
  assert.equal(said.structuredContent.status, 'completed');
});
