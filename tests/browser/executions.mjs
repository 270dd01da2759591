// The list of executions: narrowed, kept up to date, and asked for many at once.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { reach } from './looks.mjs';
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
    await page.getByRole('button', { name: 'Cancel chosen' }).click();
    await page.getByRole('heading', { name: 'Cancel 1 chosen execution?' }).waitFor();
    await look('chosen');
    if (view.script) assert.deepEqual(await world.serious(page), []);
    assert.equal(await status(question), 'waiting_human');
    await page.getByLabel('Reason').fill('it was ordered twice');
    await page.getByRole('button', { name: 'Cancel 1 execution' }).click();
    await page.getByText('1 execution was cancelled.').waitFor();
    assert.equal(await status(question), 'cancelled');
  });
});

test('what has nothing to do, or refuses, says why', async () => {
  await world.inViews('executions', async (page, look, view) => {
    const question = await world.question({ kind: 'approval' });
    const { execution_id: id } = question.interaction;
    await page.goto(`${world.url}/executions`);
    await page.getByRole('button', { name: 'Resume chosen' }).click();
    await page.getByText(view.script ? 'Nothing is chosen yet' : 'Nothing was chosen').waitFor();
    await page.getByLabel(`execution ${id}`).check();
    await page.getByRole('button', { name: 'Resume chosen' }).click();
    await page.getByText('None of those that were chosen').waitFor();
    await page.getByRole('link', { name: 'Back to the list' }).click();
    assert.ok(await page.getByLabel(`execution ${id}`).isChecked(), 'what was chosen is kept');
    await page.getByRole('button', { name: 'Cancel chosen' }).click();
    await page.getByRole('heading', { name: 'Cancel 1 chosen execution?' }).waitFor();
    // Somebody else is first.
    await world.call('POST', `/v1/interactions/${question.interaction.interaction_id}/respond`, { approved: true });
    await page.getByRole('button', { name: 'Cancel 1 execution' }).click();
    await page.getByRole('heading', { name: 'The execution was not cancelled' }).waitFor();
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
      parts += Number(route.request().postData().includes('part=yes'));
      if (parts === 2) await looked;
      await route.continue();
    });
    await page.getByRole('button', { name: 'Cancel chosen' }).click();
    await page.getByRole('button', { name: 'Cancel 12 executions' }).click({ noWaitAfter: true });
    await page.getByText('10 of 12').waitFor();
    await page.getByRole('heading', { name: 'Cancelling 12 executions' }).waitFor();
    assert.equal(await page.locator('tbody tr .status', { hasText: 'Cancelled' }).count(), 10);
    assert.equal(await page.getByText('so far').count(), 2, 'nothing is said to go on that does not');
    assert.equal(await page.getByRole('button', { name: /Cancel 12/ }).count(), 0, 'nothing looks as if it were still to be pressed');
    assert.equal(await page.getByRole('progressbar', { name: 'Cancelling' }).getAttribute('value'), '10');
    await look('progress');
    seen();
    await page.getByText('12 executions were cancelled.').waitFor();
    assert.equal(parts, 2);
    for (const one of mine) assert.equal(await status(one), 'cancelled');
    // Somebody answers them before it is confirmed: all refuse, and each says why.
    const late = [];
    for (let made = 0; made < 12; made += 1) late.push((await world.question({ kind: 'approval' })).interaction);
    await page.goto(`${world.url}/executions?status=waiting_human`);
    for (const one of late) await page.getByLabel(`execution ${one.execution_id}`).check();
    await page.getByRole('button', { name: 'Cancel chosen' }).click();
    await page.getByRole('heading', { name: 'Cancel 12 chosen executions?' }).waitFor();
    for (const one of late) await world.call('POST', `/v1/interactions/${one.interaction_id}/respond`, { approved: true });
    await page.getByRole('button', { name: 'Cancel 12 executions' }).click({ noWaitAfter: true });
    await page.getByRole('heading', { name: 'None of 12 executions was cancelled' }).waitFor();
    assert.equal(await page.locator('tbody tr').count(), 12);
    assert.match(await page.locator('tbody tr').first().textContent(), /is completed/);
    assert.deepEqual(await world.serious(page), []);
  }, [VIEWS[0], VIEWS[3]]);
});

test('what is asked of many can be stopped halfway', async () => {
  const questions = [];
  for (let made = 0; made < 12; made += 1) questions.push(await world.question({ kind: 'approval' }));
  await world.inViews('executions', async (page, look) => {
    await page.goto(`${world.url}/executions?status=waiting_human`);
    for (const one of questions) await page.getByLabel(`execution ${one.interaction.execution_id}`).check();
    let stopped;
    const pressed = new Promise((done) => { stopped = done; });
    await page.route('**/executions/many', async (route) => {
      if (route.request().postData().includes('part=yes')) await pressed;
      await route.continue();
    });
    await page.getByRole('button', { name: 'Cancel chosen' }).click();
    await page.getByRole('button', { name: 'Cancel 12 executions' }).click({ noWaitAfter: true });
    await page.getByText('Keep this page open. If you leave it, the rest are not cancelled.').waitFor();
    await page.getByRole('button', { name: 'Stop' }).click();
    stopped();
    await page.getByRole('heading', { name: '2 of 12 executions were not cancelled' }).waitFor();
    await page.getByText('10 executions were cancelled.').waitFor();
    await look('stopped');
    const left = [];
    for (const one of questions) if (await status(one) !== 'cancelled') left.push(one);
    assert.equal(left.length, 2);
  }, [VIEWS[3]]);
});

test('one box chooses all rows of the page, and shows when only some of them are', async () => {
  await world.inViews('executions', async (page, look, view) => {
    await page.goto(`${world.url}/executions?workflow=fetch-prices`);
    const every = page.getByRole('checkbox', { name: 'All on this page' });
    if (!view.script) {
      assert.equal(await every.count(), 0, 'nothing is shown that does nothing');
      return;
    }
    const rows = page.locator('#rows input[type=checkbox]');
    const all = await rows.count();
    assert.ok(all > 1);
    const shows = () => every.evaluate((box) => [box.checked, box.indeterminate]);
    await reach(page, every);
    await page.keyboard.press('Space');
    await page.getByText(`${all} chosen:`).waitFor();
    assert.deepEqual(await shows(), [true, false]);
    await rows.first().uncheck();
    await page.getByText(`${all - 1} chosen:`).waitFor();
    assert.deepEqual(await shows(), [false, true]);
    await look('some');
    assert.deepEqual(await world.serious(page), []);
    await every.click();
    await page.getByText(`${all} chosen:`).waitFor();
    await every.click();
    await page.getByText('Tick some below').waitFor();
    assert.equal(await page.locator('#rows input:checked').count(), 0);
  }, [VIEWS[0], VIEWS[2], VIEWS[3]]);
});

test('all that the list shows are asked by a job, which is shown first', async () => {
  await world.inViews('executions', async (page, look, view) => {
    await page.goto(`${world.url}/executions?status=failed`);
    assert.equal(await page.getByRole('link', { name: 'Retry all' }).count(), 0, 'one page has no further ones');
    await page.goto(`${world.url}/executions?status=failed&limit=1`);
    await page.getByRole('link', { name: 'Retry all' }).click();
    await page.getByRole('heading', { name: /^Retry \d+ executions?\?$/ }).waitFor();
    await look('confirm');
    if (view.script) assert.deepEqual(await world.serious(page), []);
    await page.getByLabel('Reason').fill('the prices are back');
    await page.getByRole('button', { name: /^Retry \d+ executions?$/ }).click();
    await page.waitForURL(/\/jobs\//);
    for (let looks = 0; looks < 50 && !(await page.getByText('✓ Done').isVisible()); looks += 1) await page.reload();
    await page.getByText('the prices are back').waitFor();
    await look('job');
    if (view.script) assert.deepEqual(await world.serious(page), []);
    // What refuses is listed with why.
    const question = await world.question({ kind: 'approval' });
    await page.goto(`${world.url}/executions/bulk/confirm?action=retry&status=waiting_human`);
    await page.getByRole('button', { name: /^Retry \d+ executions?$/ }).click();
    await page.waitForURL(/\/jobs\//);
    for (let looks = 0; looks < 50 && !(await page.getByText('✕ None was retried').isVisible()); looks += 1) await page.reload();
    await page.getByRole('heading', { name: 'Not retried' }).waitFor();
    await page.locator(`a[href$="${question.interaction.execution_id}"]`).waitFor();
    await look('job-refused');
    if (view.script) assert.deepEqual(await world.serious(page), []);
  }, [VIEWS[0], VIEWS[3]]);
});

test('rows come by themselves, but never while something is chosen', async () => {
  await world.inViews('executions', async (page) => {
    await page.goto(`${world.url}/executions?workflow=supplier-payment&status=waiting_human`);
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

test('a page that keeps itself up to date says that it does not, why, and goes on by itself', async () => {
  const question = await world.question({ kind: 'approval' });
  const live = `/executions/${question.interaction.execution_id}`;
  const list = '/executions?status=waiting_human';
  // The host answers whoever has no session any more with the way to sign in.
  const signedOut = (route) => route.fulfill({ status: 303, headers: { location: `${world.url}/sign-in?next=elsewhere` } });
  const led = async (line, path) => {
    await line.filter({ hasText: 'You are not signed in any more' }).waitFor();
    const link = await line.getByRole('link', { name: 'Sign in' }).getAttribute('href');
    assert.equal(link, `${world.url}/sign-in?next=${encodeURIComponent(path)}`);
  };
  await Promise.all([
    world.onPage({}, async (page) => {
      await page.goto(world.url + list);
      const line = page.locator('.away[role=status]');
      await page.context().setOffline(true);
      await line.filter({ hasText: /^Not connected since .*\. Trying again/ }).waitFor();
      await page.context().setOffline(false);
      await line.waitFor({ state: 'hidden' });
      await page.route('**/executions/rows*', signedOut);
      await led(line, list);
    }),
    world.onPage({}, async (page) => {
      await page.goto(world.url + live);
      await page.route('**/live?*', signedOut);
      await world.call('POST', `/v1/executions/${question.interaction.execution_id}/cancel`, {});
      await led(page.locator('.away[role=status]'), live);
      await page.unroute('**/live?*');
      await page.locator('.away[role=status]').waitFor({ state: 'hidden' });
    }),
  ]);
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
