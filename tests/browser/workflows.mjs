// Saved workflows, as people look at them and start them.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { stage, VIEWS } from './stage.mjs';

const example = (name) => JSON.parse(readFileSync(new URL(`../../examples/${name}.json`, import.meta.url), 'utf8'));
let world;
before(async () => {
  world = await stage();
});
after(() => world?.end());

test('an empty list leads to the examples', async () => {
  await world.inViews('workflows', async (page, look, view) => {
    await page.goto(`${world.url}/workflows`);
    await look('none');
    if (view.script) assert.deepEqual(await world.serious(page), []);
    await page.getByRole('link', { name: 'Start from an example' }).click();
    await page.getByRole('heading', { name: 'Start from an example' }).waitFor();
  });
});

test('a workflow is found, looked at and started by its form', async () => {
  await world.call('POST', '/v1/workflows', example('booking-saga'));
  await world.call('POST', '/v1/workflows', example('order-fulfilment'));
  await world.call('POST', '/v1/workflows', { ...example('booking-saga'), description: 'Books, then charges.' });
  for (const amount of [100, 1500, 300]) {
    await world.call('POST', '/v1/workflows/booking-saga/executions?wait=20', { input: { traveller: 'Ada', amount } });
  }
  await world.inViews('workflows', async (page, look, view) => {
    await page.goto(`${world.url}/workflows`);
    await look('list');
    if (view.script) assert.deepEqual(await world.serious(page), []);
    await page.getByRole('link', { name: 'Booking saga' }).first().click();
    await page.getByRole('heading', { name: 'Booking saga' }).waitFor();
    assert.equal(await page.locator('svg [data-node]').count(), example('booking-saga').nodes.length);
    // How long nodes took stands on the picture.
    assert.match(await page.locator('svg [data-node="card"] .kind').textContent(), / ms|✕/);
    await look('one');
    if (view.script) assert.deepEqual(await world.serious(page), []);
    await page.getByLabel('Traveller').fill('Grace');
    await page.getByRole('spinbutton', { name: /^Amount/ }).fill('0');
    if (view.script) {
      // As from a browser that checks nothing.
      await page.locator('form.start').evaluate((form) => { form.noValidate = true; });
      await page.getByRole('button', { name: 'Start', exact: true }).last().click();
      await page.getByRole('heading', { name: 'Please correct this' }).waitFor();
      assert.equal(await page.getByLabel('Traveller').inputValue(), 'Grace');
      await look('wrong');
      assert.deepEqual(await world.serious(page), []);
    }
    await page.getByRole('spinbutton', { name: /^Amount/ }).fill('20');
    await page.getByRole('button', { name: 'Start', exact: true }).last().click();
    await page.waitForURL(/\/executions\/[0-9a-f-]{36}$/);
    const { input } = await world.call('GET', `/v1/executions/${page.url().split('/').at(-1)}`);
    assert.deepEqual([input.traveller, input.amount], ['Grace', 20]);
  });
});

test('two versions are compared, and a deletion is confirmed first', async () => {
  await world.inViews('workflows', async (page, look, view) => {
    await page.goto(`${world.url}/workflows/booking-saga`);
    await page.getByRole('link', { name: 'Changes' }).first().click();
    await page.getByRole('heading', { name: /What changed in/ }).waitFor();
    assert.match(await page.locator('.difference .new').first().textContent(), /Books, then charges/);
    await look('difference');
    if (view.script) assert.deepEqual(await world.serious(page), []);
    await page.getByRole('link', { name: 'Booking saga' }).click();
    await page.getByRole('link', { name: 'Delete…' }).click();
    await look('delete');
    if (view.script) assert.deepEqual(await world.serious(page), []);
    await page.getByRole('link', { name: 'Keep it' }).click();
    await page.getByRole('heading', { name: 'Booking saga' }).waitFor();
  });
  const saved = `/v1/workflows/${encodeURIComponent('gone')}`;
  await world.call('POST', '/v1/workflows', { ...example('order-fulfilment'), id: 'gone', name: 'Gone' });
  await world.inViews('workflows', async (page) => {
    await page.goto(`${world.url}/workflows/gone/delete`);
    await page.getByRole('button', { name: 'Delete the workflow' }).click();
    await page.getByRole('heading', { name: 'Workflows' }).waitFor();
    await assert.rejects(world.call('GET', saved), /404/);
  }, [VIEWS[0]]);
});
