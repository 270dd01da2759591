// What open pages cost the engine: node benches/pages.mjs PATH-TO-STEPWELL [PAGES] [ROUNDS] [STEPS]
//
// A host runs 2,000 executions at once, in turn without a page and with 50 live pages of some of them open, which ask as
// the script of the pages does. Prints the steps per second of both, and the processor's time that the host took for a
// step: what else the machine does disturbs the first and hardly the second. Nothing is asserted.
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setMaxListeners } from 'node:events';
import { Agent, request } from 'node:http';

const binary = process.argv[2];
const PAGES = Number(process.argv[3] ?? 50);
const ROUNDS = Number(process.argv[4] ?? 3);
const EXECUTIONS = 2_000;
const ITERATIONS = Number(process.argv[5] ?? 30);
const STEPS = EXECUTIONS * ITERATIONS;
/** Ticks of a processor's clock in a second, in which Linux counts the time of processes. */
const TICKS = 100;

if (!binary) {
  console.error('node benches/pages.mjs PATH-TO-STEPWELL [PAGES] [ROUNDS]');
  process.exit(1);
}
// They wait for a signal, so that all are there before the first runs; then each does as many steps.
const WORKFLOW = {
  id: 'ticks',
  nodes: [
    { id: 'start', type: 'manual_trigger' }, { id: 'go', type: 'wait', config: { event: 'go' } },
    { id: 'each', type: 'loop', config: { while: `loop.iteration < ${ITERATIONS}`, max_iterations: ITERATIONS } },
    { id: 'count', type: 'transform', config: { set: { n: '{{ loop.iteration }}' } } }, { id: 'end', type: 'succeed' },
  ],
  edges: [
    { from: 'start', to: 'go' }, { from: 'go', to: 'each' }, { from: 'each', to: 'count', port: 'loop' },
    { from: 'count', to: 'each' }, { from: 'each', to: 'end', port: 'done' },
  ],
};

const folder = mkdtempSync(join(tmpdir(), 'stepwell-pages-'));
const host = spawn(binary, ['--json', '--data', join(folder, 'data'), 'dev', '--port', '0'], { stdio: ['ignore', 'pipe', 'ignore'] });
const url = await new Promise((found, failed) => {
  createInterface({ input: host.stdout }).on('line', (line) => {
    const told = /http:\/\/[0-9.:]+/.exec(line);
    if (told) found(told[0]);
  });
  host.on('exit', () => failed(new Error('the host ended')));
});

const agent = new Agent({ keepAlive: true, maxSockets: 200 });
/** One request. `part` gets what comes as it comes; without it the answer is the whole text. */
function ask(method, path, body, part, signal) {
  return once(method, path, body, part, signal).catch((error) => {
    // The host closes a connection after a thousand requests, which a request may meet that is on its way.
    if (error.code !== 'ECONNRESET' || signal?.aborted) throw error;
    return once(method, path, body, part, signal);
  });
}
function once(method, path, body, part, signal) {
  return new Promise((done, failed) => {
    const headers = body ? { 'content-type': 'application/json' } : {};
    const sent = request(url + path, { method, headers, agent, signal }, (answer) => {
      let text = '';
      answer.setEncoding('utf8');
      answer.on('data', (piece) => (part ? part(piece) : (text += piece)));
      answer.on('end', () => (answer.statusCode < 400 ? done(text) : failed(new Error(`${path}: ${answer.statusCode} ${text}`))));
      answer.on('error', failed);
    });
    sent.on('error', failed);
    sent.end(body && JSON.stringify(body));
  });
}
const sleep = (ms) => new Promise((done) => setTimeout(done, ms));
/** Does something for each of many, some at a time. */
async function all(many, act) {
  const left = many[Symbol.iterator]();
  await Promise.all(Array.from({ length: 32 }, async () => { for (const one of left) await act(one); }));
}

/** Seconds of the processor that the host has taken. */
function computed() {
  const fields = readFileSync(`/proc/${host.pid}/stat`, 'utf8').split(') ')[1].split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS;
}

/** A page as `live.js` keeps it: the stream says that something happened, and the parts are asked for. */
async function open(id, over, told) {
  const page = await ask('GET', `/executions/${id}`);
  let [due, last, pause, waits] = [false, 0, 500, 500];
  const soon = () => {
    if (due) return;
    due = true;
    setTimeout(async () => {
      due = false;
      last = Date.now();
      if (over.aborted) return;
      const parts = await ask('GET', `/executions/${id}/live?`, undefined, undefined, over).catch(() => '');
      told.asked += 1;
      if (parts === '') {
        waits = Math.min(2 * waits, 5_000);
        pause = waits * (0.5 + Math.random());
        soon();
        return;
      }
      waits = 500;
      told.updates += 1;
      told.bytes += parts.length;
      told.took += Date.now() - last;
      pause = Math.min(10_000, Math.max(500, Date.now() - last));
    }, Math.max(0, last + pause - Date.now()));
  };
  const after = /data-after="(\d+)"/.exec(page)[1];
  const heard = (piece) => {
    told.heard += piece.length;
    if (piece.includes('event: ')) soon();
  };
  ask('GET', `/executions/${id}/events?after=${after}`, undefined, heard, over).catch(() => {});
}

async function round(pages) {
  const ids = [];
  await all(Array(EXECUTIONS).keys(), async () => {
    ids.push(JSON.parse(await ask('POST', '/v1/workflows/ticks/executions', { input: {} })).execution_id);
  });
  const over = new AbortController();
  setMaxListeners(0, over.signal);
  const told = { asked: 0, updates: 0, bytes: 0, heard: 0, took: 0 };
  await all(ids.slice(0, pages), (id) => open(id, over.signal, told));
  await sleep(1_000);
  const [begun, taken] = [performance.now(), computed()];
  await all(ids, (id) => ask('POST', `/v1/executions/${id}/signals/go`, {}));
  // The jobs of one execution come in turn with those of all others, so that they end at about the same time.
  while (JSON.parse(await ask('GET', '/v1/executions?status=running&limit=1')).items.length > 0) await sleep(20);
  const [seconds, busy] = [(performance.now() - begun) / 1_000, computed() - taken];
  over.abort();
  await sleep(300);
  const cost = pages === 0 ? '' : `; asked ${told.asked} times, ${told.updates} updates of ${(told.bytes / told.updates / 1024).toFixed(0)} KB after ${(told.took / told.updates).toFixed(0)} ms, ${(told.heard / 1024).toFixed(0)} KB of events`;
  console.log(`${pages} pages: ${(STEPS / seconds).toFixed(0)} steps/s, ${((busy / STEPS) * 1e6).toFixed(1)} µs of a processor for each${cost}`);
  return { rate: STEPS / seconds, cost: busy / STEPS };
}

const median = (of) => of.toSorted((a, b) => a - b)[Math.floor(of.length / 2)];
try {
  await ask('POST', '/v1/workflows', WORKFLOW);
  // The first round warms up.
  await round(0);
  const [without, beside] = [[], []];
  for (let at = 0; at < ROUNDS; at += 1) {
    without.push(await round(0));
    beside.push(await round(PAGES));
  }
  const rate = median(beside.map((one) => one.rate)) / median(without.map((one) => one.rate));
  const cost = median(beside.map((one) => one.cost)) / median(without.map((one) => one.cost));
  console.log(`beside ${PAGES} live pages: ${rate.toFixed(2)} of the steps/s, ${cost.toFixed(2)} of the processor's time for each`);
} finally {
  host.removeAllListeners('exit');
  const ended = new Promise((done) => host.on('exit', done));
  host.kill('SIGTERM');
  await ended;
  rmSync(folder, { recursive: true, force: true });
}
process.exit(0);
