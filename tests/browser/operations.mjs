// The host itself: what it says of its queue, and tokens that are made, used and revoked.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { VIEWS, stage } from './stage.mjs';

let world;
before(async () => { world = await stage(); });
after(() => world.end());

test('empty sections say what to do', async () => {
  await world.inViews('operations', async (page, look, view) => {
    await page.goto(`${world.url}/operations`);
    for (const text of ['The service answers', 'Messages in the queue', 'There is no dead letter', 'There is no job.', 'There is no token.']) {
      await page.getByText(text).waitFor();
    }
    await look('empty');
    if (view.script) assert.deepEqual(await world.serious(page), []);
  });
});

test('schedules, groups and the names of secrets are listed', async () => {
  await world.call('POST', '/v1/workflows', {
    id: 'nightly', nodes: [{ id: 'clock', type: 'schedule_trigger', config: { cron: '0 3 * * *', timezone: 'Europe/Berlin' } }, { id: 'end', type: 'succeed' }],
    edges: [{ from: 'clock', to: 'end' }],
  });
  await world.call('PUT', '/v1/groups/finance', { members: ['ann@example.com'] });
  await world.call('PUT', '/v1/secrets/BANK_KEY', { value: 'hush-hush-hush', hosts: ['api.example.com'] });
  await world.inViews('operations', async (page, look, view) => {
    await page.goto(`${world.url}/operations`);
    for (const text of ['0 3 * * *', 'finance', 'BANK_KEY', 'api.example.com']) await page.getByText(text, { exact: true }).waitFor();
    assert.ok(!(await page.content()).includes('hush'));
    await look('full');
    if (view.script) assert.deepEqual(await world.serious(page), []);
  });
});

// The last: once there is a token, everybody signs in.
test('a token is made, shown once, signs in, and is revoked', async () => {
  await world.inViews('operations', async (page, look) => {
    await page.goto(`${world.url}/operations`);
    await page.getByText('Make a token').click();
    await page.getByLabel('Name').fill('laptop');
    await page.getByLabel('Whose it is').fill('ann@example.com');
    for (const box of await page.getByRole('checkbox').all()) await box.check();
    await look('token-form');
    assert.deepEqual(await world.serious(page), []);
    await page.getByRole('button', { name: 'Make the token' }).click();
    await page.getByRole('heading', { name: 'A new token' }).waitFor();
    await look('token-new');
    assert.deepEqual(await world.serious(page), []);
    const token = await page.getByLabel('The token').textContent();
    await page.getByRole('link', { name: 'Back to operations' }).click();
    await page.getByRole('heading', { name: 'Sign in' }).waitFor();
    await page.getByLabel('Token').fill(token);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('heading', { name: 'Operations' }).waitFor();
    assert.ok(!(await page.content()).includes(token));
    await look('tokens');
    await page.getByRole('link', { name: 'Revoke laptop' }).click();
    await page.getByRole('button', { name: 'Revoke it' }).click();
    // The local user of the host is signed in again, since there is no token any more.
    await page.getByText('There is no token.').waitFor();
  }, [VIEWS[0]]);
});
