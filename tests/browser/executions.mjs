// The list of executions: narrowed, kept up to date, and asked for many at once.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { VIEWS, stage } from './stage.mjs';

let world;
before(async () => { world = await stage(); });
after(() => world.end());

const status = async (question) => (await world.call('GET', `/v1/executions/${question.interaction.execution_id}`)).status;

const FAILING = {
  id: 'fetch-prices',
  nodes: [{ id: 'start', type: 'manual_trigger' }, { id: 'fetch', type: 'http_request', config: { url: 'http://127.0.0.1:1/' } }],
  edges: [{ from: 'start', to: 'fetch' }],
};

test('an empty list says what to do', async () => {
  await world.inViews('executions', async (page, look) => {
    await page.goto(`${world.url}/executions`);
    await page.getByText('Nothing has run yet.').waitFor();
    await look('empty');
  }, [VIEWS[0]]);
});

test('the list is narrowed, and those that are chosen are cancelled', async () => {
  await world.inViews('executions', async (page, look, view) => {
    const question = await world.question({ kind: 'approval' });
    await world.call('POST', '/v1/executions?wait=20', { workflow: FAILING, input: {} });
    await page.goto(`${world.url}/executions`);
    await look('all');
    if (view.script) assert.deepEqual(await world.serious(page), []);
    await page.getByLabel('Status').selectOption('Waiting for people');
    await page.getByRole('button', { name: 'Show' }).click();
    await page.waitForURL(/status=waiting_human/);
    assert.equal(await page.getByText('fetch-prices').count(), 0);
    await page.getByLabel(`execution ${question.interaction.execution_id}`).check();
    if (view.script) await page.getByText('1 chosen:').waitFor();
    await page.getByRole('button', { name: 'Cancel' }).click();
    await page.getByText('Cancel: asked of 1 execution.').waitFor();
    assert.equal(await status(question), 'cancelled');
  });
});

test('what refuses says why', async () => {
  await world.inViews('executions', async (page, look, view) => {
    await page.goto(`${world.url}/executions?status=failed`);
    await page.getByRole('checkbox').first().check();
    await page.getByRole('button', { name: 'Resume' }).click();
    await page.getByRole('heading', { name: /1 of 1 execution refused/ }).waitFor();
    await look('refused');
    if (view.script) assert.deepEqual(await world.serious(page), []);
  }, [VIEWS[0], VIEWS[2]]);
});

test('of many that are chosen it is shown how far it has come', async () => {
  const questions = [];
  for (let made = 0; made < 24; made += 1) questions.push(await world.question({ kind: 'approval' }));
  await world.inViews('executions', async (page, look, view) => {
    await page.goto(`${world.url}/executions?status=waiting_human`);
    const mine = view === VIEWS[0] ? questions.slice(0, 12) : questions.slice(12);
    for (const one of mine) await page.getByLabel(`execution ${one.interaction.execution_id}`).check();
    // The second part of them is asked only once somebody has seen what is shown of the first.
    let parts = 0;
    let seen;
    const looked = new Promise((done) => { seen = done; });
    await page.route('**/executions/many', async (route) => {
      parts += 1;
      if (parts === 2) await looked;
      await route.continue();
    });
    await page.getByRole('button', { name: 'Cancel' }).click({ noWaitAfter: true });
    await page.getByText('Cancel: 10 of 12').waitFor();
    assert.equal(await page.getByRole('progressbar', { name: 'Cancel' }).getAttribute('value'), '10');
    await look('progress');
    seen();
    await page.getByText('Cancel: asked of 12 executions.').waitFor();
    assert.equal(parts, 2);
    for (const one of mine) assert.equal(await status(one), 'cancelled');
    // What has ended is not resumed: all refuse, and each says why.
    await page.goto(`${world.url}/executions?status=cancelled`);
    for (const one of mine) await page.getByLabel(`execution ${one.interaction.execution_id}`).check();
    await page.getByRole('button', { name: 'Resume' }).click({ noWaitAfter: true });
    await page.getByRole('heading', { name: 'Resume: 12 of 12 executions refused' }).waitFor();
    assert.equal(await page.locator('tbody tr').count(), 12);
    assert.match(await page.locator('tbody tr').first().textContent(), /is cancelled/);
    assert.deepEqual(await world.serious(page), []);
  }, [VIEWS[0], VIEWS[3]]);
});

test('all that the list shows are asked by a job, which is shown first', async () => {
  await world.inViews('executions', async (page, look, view) => {
    await page.goto(`${world.url}/executions?status=failed`);
    await page.getByRole('link', { name: 'Retry' }).click();
    await page.getByRole('heading', { name: 'Retry all of these?' }).waitFor();
    await look('confirm');
    if (view.script) assert.deepEqual(await world.serious(page), []);
    await page.getByLabel('Reason').fill('the prices are back');
    await page.getByRole('button', { name: /^Retry \d+ executions?$/ }).click();
    await page.waitForURL(/\/jobs\//);
    for (let looks = 0; looks < 50 && !(await page.getByText('✓ Done').isVisible()); looks += 1) await page.reload();
    await page.getByText('the prices are back').waitFor();
    await look('job');
    if (view.script) assert.deepEqual(await world.serious(page), []);
  }, [VIEWS[0], VIEWS[3]]);
});

test('rows come by themselves, but never while something is chosen', async () => {
  await world.inViews('executions', async (page) => {
    await page.goto(`${world.url}/executions?workflow=supplier-payment`);
    const rows = () => page.locator('#rows tbody tr').count();
    const before = await rows();
    await world.question({ kind: 'approval' });
    await page.waitForFunction((count) => document.querySelectorAll('#rows tbody tr').length > count, before, { timeout: 15_000 });
    await page.getByRole('checkbox').first().check();
    await world.question({ kind: 'approval' });
    await page.waitForTimeout(9_000);
    assert.equal(await rows(), before + 1);
    assert.ok(await page.getByRole('checkbox').first().isChecked());
  }, [VIEWS[0]]);
});

test('an id leads to its execution', async () => {
  await world.inViews('executions', async (page) => {
    const question = await world.question({ kind: 'approval' });
    await page.goto(`${world.url}/executions`);
    await page.getByLabel('Id').fill(question.interaction.execution_id);
    await page.keyboard.press('Enter');
    await page.waitForURL(new RegExp(`/executions/${question.interaction.execution_id}$`));
  }, [VIEWS[0]]);
});
