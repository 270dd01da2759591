// The main things that people do, each done by the keyboard alone: Tab, Enter, the space bar, arrows and letters.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { reach } from './looks.mjs';
import { ANN, stage, VIEWS } from './stage.mjs';

const example = (name) => JSON.parse(readFileSync(new URL(`../../examples/${name}.json`, import.meta.url), 'utf8'));
let world;
before(async () => {
  world = await stage();
});
after(() => world?.end());

const TRIP = {
  id: 'trip', name: 'Book a trip',
  nodes: [
    { id: 'start', type: 'manual_trigger' },
    { id: 'reserve', type: 'transform', config: { set: { seat: '12A' } }, compensate: { type: 'transform', config: { set: { freed: '{{ output.seat }}' } } } },
    { id: 'ask', type: 'human', config: { kind: 'approval', question: 'Really go?', assignees: [ANN] } },
    { id: 'pay', type: 'transform', config: { set: { paid: true } } }, { id: 'end', type: 'succeed', join: 'any' },
  ],
  edges: [{ from: 'start', to: 'reserve' }, { from: 'reserve', to: 'ask' }, { from: 'ask', to: 'pay', port: 'approved' }, { from: 'ask', to: 'end', port: 'rejected' }, { from: 'pay', to: 'end' }],
};
const FAILING = {
  id: 'failing', nodes: [{ id: 'start', type: 'manual_trigger' }, { id: 'fails', type: 'fail', config: { message: 'no money' } }],
  edges: [{ from: 'start', to: 'fails' }],
};

const started = async (workflow) => (await world.call('POST', '/v1/executions?wait=20', { workflow, input: {} })).execution_id;
const status = async (id) => (await world.call('GET', `/v1/executions/${id}`)).status;
const comes = async (id, wanted) => {
  for (let looks = 0; looks < 100 && await status(id) !== wanted; looks += 1) await new Promise((done) => setTimeout(done, 50));
  assert.equal(await status(id), wanted);
};
/** Goes to a link or a button, and presses it. */
const press = async (page, what) => {
  await reach(page, what);
  await page.keyboard.press('Enter');
};
/** Each act on a page of its own, on a screen and on a phone with a keyboard, with no click anywhere. */
const byKeys = (name, act, views = [VIEWS[0], VIEWS[3]]) => test(`by the keyboard alone: ${name}`, () => world.inViews('keyboard', act, views));

byKeys('a workflow is started by its form', async (page) => {
  await world.call('POST', '/v1/workflows', example('booking-saga'));
  await page.goto(`${world.url}/workflows`);
  await press(page, page.getByRole('link', { name: 'Booking saga' }));
  await page.getByRole('heading', { name: 'Booking saga' }).waitFor();
  await reach(page, page.getByLabel('Traveller'));
  await page.keyboard.type('Grace');
  await reach(page, page.getByRole('spinbutton', { name: /^Amount/ }));
  await page.keyboard.press('Control+a');
  await page.keyboard.type('20');
  await press(page, page.getByRole('button', { name: 'Start', exact: true }));
  await page.waitForURL(/\/executions\/[0-9a-f-]{36}$/);
  const { input } = await world.call('GET', `/v1/executions/${page.url().split('/').at(-1)}`);
  assert.deepEqual([input.traveller, input.amount], ['Grace', 20]);
});

byKeys('a workflow is written, run and saved', async (page, _, view) => {
  await page.goto(`${world.url}/new`);
  await reach(page, page.locator('#text'));
  await page.keyboard.insertText(`id: by-keys-${view.name}\nnodes:\n  - {id: start, type: manual_trigger}\n  - {id: say, type: succeed}\nedges:\n  - {from: start, to: say}\n`);
  await page.getByText('No problems').waitFor();
  await press(page, page.getByRole('button', { name: 'Save' }));
  await page.getByRole('heading', { name: `by-keys-${view.name}` }).waitFor();
  await press(page, page.getByRole('link', { name: 'Edit' }));
  await page.getByText('From version 1.').waitFor();
  await press(page, page.getByRole('button', { name: 'Run it once' }));
  await page.waitForURL(/\/executions\/[0-9a-f-]{36}$/);
});

byKeys('a question is found, several are answered together, and one is by its options', async (page) => {
  const approvals = [await world.question({ kind: 'approval', question: 'Refund one?' }), await world.question({ kind: 'approval', question: 'Refund two?' })];
  await page.goto(`${world.url}/inbox?q=refund`);
  for (const name of ['Refund one?', 'Refund two?']) {
    await reach(page, page.getByRole('checkbox', { name: `Choose ${name}` }));
    await page.keyboard.press('Space');
  }
  await press(page, page.getByRole('button', { name: 'Answer together' }));
  await page.getByRole('heading', { name: 'Answer 2 questions together' }).waitFor();
  await press(page, page.getByRole('button', { name: 'Approve' }));
  await page.getByText('Your answer to 2 questions is recorded.').waitFor();
  for (const one of approvals) assert.equal((await one.asked()).decision, 'approved');
  const choice = await world.question({ kind: 'decision', question: 'Which day?', options: [{ id: 'monday', label: 'Monday' }, { id: 'friday', label: 'Friday' }] });
  await page.goto(choice.link);
  await reach(page, page.getByRole('radio'));
  await page.keyboard.press('ArrowDown');
  if (!await page.getByRole('radio', { name: 'Friday' }).isChecked()) await page.keyboard.press('ArrowDown');
  await press(page, page.getByRole('button', { name: 'Send' }));
  await page.getByRole('heading', { name: 'Your answer is recorded' }).waitFor();
  assert.equal((await choice.asked()).decision, 'friday');
});

byKeys('a node is looked at, the past is travelled, and the picture is zoomed and moved', async (page) => {
  await page.goto(`${world.url}/executions/${await started(TRIP)}`);
  await reach(page, page.getByRole('button', { name: 'Zoom into the picture' }));
  const width = () => page.locator('svg.flow').evaluate((drawing) => drawing.getBoundingClientRect().width);
  const before = await width();
  for (let time = 0; time < 6; time += 1) await page.keyboard.press('Enter');
  assert.ok(await width() > before, 'it is larger');
  await reach(page, page.getByRole('region', { name: 'Picture of the workflow' }));
  const place = () => page.locator('.picture .pane').evaluate((pane) => pane.scrollLeft + pane.scrollTop);
  const from = await place();
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('ArrowRight');
  await page.waitForFunction((old) => { const pane = document.querySelector('.picture .pane'); return pane.scrollLeft + pane.scrollTop !== old; }, from);
  await press(page, page.locator('#node-reserve'));
  await page.getByRole('heading', { name: 'Node reserve' }).waitFor();
  await reach(page, page.getByRole('button', { name: 'Zoom into the timeline' }));
  await page.keyboard.press('Enter');
  assert.equal(await page.locator('svg.bars').getAttribute('width'), '200%');
  await page.reload();
  await reach(page, page.locator('#at'));
  await page.keyboard.press('Home');
  await page.getByText('At checkpoint 1 it was').waitFor();
  await press(page, page.getByRole('link', { name: 'Back to now' }));
  await page.locator('#head .then').waitFor({ state: 'detached' });
});

byKeys('an execution is rolled back after its dry run, changed, and cancelled', async (page) => {
  const id = await started(TRIP);
  await page.goto(`${world.url}/executions/${id}`);
  await press(page, page.getByRole('link', { name: 'Roll back' }));
  await reach(page, page.getByLabel('Checkpoint'));
  await page.keyboard.type('1');
  await press(page, page.getByRole('button', { name: 'Show what would happen' }));
  await page.getByText(/1 thing is undone/).waitFor();
  await press(page, page.getByRole('button', { name: 'Roll back' }));
  await page.locator('#journal', { hasText: 'Went back to checkpoint 1' }).waitFor();
  await comes(id, 'waiting_human');
  await page.goto(`${world.url}/executions/${id}`);
  await press(page, page.getByRole('link', { name: 'Change the workflow' }));
  const editor = page.getByLabel('The workflow of this execution');
  await reach(page, editor);
  const text = await editor.inputValue();
  const change = async (to) => {
    await page.keyboard.press('Control+a');
    await page.keyboard.insertText(to);
  };
  await change(text.replace('"paid"', '"settled"'));
  await press(page, page.getByRole('button', { name: 'Check only' }));
  await page.getByText('This is possible.').waitFor();
  await press(page, page.getByRole('button', { name: 'Change the workflow' }));
  await page.getByText(/changed since/).waitFor();
  await press(page, page.getByRole('link', { name: 'Pause' }));
  await press(page, page.getByRole('button', { name: 'Pause' }));
  await page.locator('#head .status.paused').waitFor();
  await press(page, page.getByRole('link', { name: 'Cancel' }));
  await press(page, page.getByRole('button', { name: 'Cancel the execution' }));
  await page.locator('#head .status.cancelled').waitFor();
  assert.equal(await status(id), 'cancelled');
});

byKeys('what failed is retried, and many are asked at once', async (page) => {
  const failed = await started(FAILING);
  await page.goto(`${world.url}/executions/${failed}`);
  await press(page, page.getByRole('link', { name: 'Retry' }));
  await press(page, page.getByRole('button', { name: 'Retry' }));
  await page.locator('#journal', { hasText: /Retried/ }).waitFor();
  const trips = [await started(TRIP), await started(TRIP)];
  await page.goto(`${world.url}/executions?workflow=trip&status=waiting_human`);
  for (const id of trips) {
    await reach(page, page.getByLabel(`execution ${id}`));
    await page.keyboard.press('Space');
  }
  await press(page, page.getByRole('button', { name: 'Cancel chosen' }));
  await press(page, page.getByRole('button', { name: 'Cancel 2 executions' }));
  await page.getByText('2 executions were cancelled.').waitFor();
  for (const id of trips) assert.equal(await status(id), 'cancelled');
  await started(FAILING);
  await page.goto(`${world.url}/executions?workflow=failing&limit=1`);
  await press(page, page.getByRole('link', { name: 'Retry all' }));
  await page.getByRole('heading', { name: /^Retry \d+ executions?\?$/ }).waitFor();
  await press(page, page.getByRole('button', { name: /^Retry \d+ executions?$/ }));
  await page.waitForURL(/\/jobs\//);
  await page.getByText('✓ Done').waitFor({ timeout: 20_000 });
});

/** Has the store refuse the turns that hold a word, or take them again. */
function store(does) {
  const file = readdirSync(world.data).find((name) => name.endsWith('.db'));
  const script = 'import sqlite3, sys; db = sqlite3.connect(sys.argv[1]); db.execute(sys.argv[2]); db.commit()';
  execFileSync('python3', ['-c', script, join(world.data, file), does]);
}

byKeys('a message that was given up is sent again', async (page) => {
  store("CREATE TRIGGER refuses BEFORE INSERT ON turns WHEN new.body LIKE '%written on a full disk%' BEGIN SELECT RAISE(FAIL, 'the disk is full'); END");
  const keeps = { id: 'keeps', nodes: [{ id: 'start', type: 'manual_trigger' }, { id: 'keep', type: 'transform', config: { expression: "'written on ' + 'a full disk'" } }], edges: [{ from: 'start', to: 'keep' }] };
  const { execution_id: id } = await world.call('POST', '/v1/executions', { workflow: keeps, input: {} });
  for (let looks = 0; looks < 150 && await status(id) !== 'stuck'; looks += 1) await new Promise((done) => setTimeout(done, 100));
  await page.goto(world.url);
  await page.getByText('dead letter', { exact: true }).waitFor();
  store('DROP TRIGGER refuses');
  await page.goto(`${world.url}/operations`);
  await press(page, page.getByRole('button', { name: `Redrive keeps, execution ${id}` }));
  await page.waitForURL(/executions/);
  await comes(id, 'completed');
}, [VIEWS[0]]);
