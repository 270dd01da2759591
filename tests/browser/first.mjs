// What somebody does who has never seen it: from the first page to a paid expense, in fewer than ten clicks. README shows
// two of the pages that lie on the way. UPDATE_SCREENS=1 takes the pictures anew, with the words that stand in them; without
// it the test holds the pages to those words, so that the pictures stay true.
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { stage, VIEWS } from './stage.mjs';

const IMAGES = process.env.IMAGES;
/** Milliseconds in which all of a page is there, also on a busy machine. */
const PATIENCE = 10_000;
const WIDE = VIEWS.filter((view) => view.script && view.size[0] > 1000 && view.colours === 'light');

let world;
before(async () => {
  world = await stage();
});
after(() => world?.end());

/** The words of a page that are the same at every run: without ids, times and durations. */
async function words(page) {
  await page.evaluate(() => document.querySelectorAll('time').forEach((time) => { time.textContent = 'TIME'; }));
  const text = await page.locator('body').innerText();
  return text
    .replace(/\b[0-9a-f]{8}(-[0-9a-f]+)*…?/g, 'ID')
    .replace(/(in )?\b(\d+(\.\d+)? ?(µs|ms|s|min|h|d|seconds?|minutes?|hours?|days?)|less than a minute|just now)( ago)?(?!\w)/g, 'SPAN')
    .split('\n').map((line) => line.trim()).filter((line) => line && line !== 'SPAN' && !/^[\d.]+$/.test(line)).join('\n') + '\n';
}

async function picture(page, name) {
  const [image, text] = [join(IMAGES, `${name}.png`), join(IMAGES, `${name}.txt`)];
  if (process.env.UPDATE_SCREENS) {
    mkdirSync(IMAGES, { recursive: true });
    await page.screenshot({ path: image });
  }
  let told = await words(page);
  if (process.env.UPDATE_SCREENS) writeFileSync(text, told);
  const kept = readFileSync(text, 'utf8');
  // Parts of a page that are asked for by themselves may come after what the test has waited for.
  for (const until = Date.now() + PATIENCE; told !== kept && Date.now() < until;) {
    await page.waitForTimeout(100);
    told = await words(page);
  }
  assert.equal(told, kept, `${name}.png shows another page: take it anew with UPDATE_SCREENS=1`);
}

test('from the first page to a paid expense in fewer than ten clicks', async () => {
  assert.equal(WIDE.length, 1);
  await world.inViews('first', async (page, look) => {
    let clicks = 0;
    const click = async (what) => {
      clicks += 1;
      await what.click();
    };
    await page.goto(world.url);
    await look('nothing-yet');
    await click(page.getByRole('link', { name: 'New workflow' }).first());
    await click(page.getByRole('link', { name: /^Expense approval/ }));
    await page.getByText('No problems').waitFor();
    await page.locator('svg text', { hasText: 'Post over HTTP' }).first().waitFor();
    await picture(page, 'editor');
    await click(page.getByRole('button', { name: 'Run it once' }));
    await page.waitForURL(/\/executions\/[0-9a-f-]{36}/);
    await click(page.getByRole('link', { name: /^Pay 4800 to/ }).first());
    await click(page.getByRole('button', { name: 'Approve' }));
    await page.getByText('Decided: Approved').waitFor();
    await click(page.getByRole('link', { name: /^Execution [0-9a-f]/ }));
    await page.waitForURL(/\/executions\//);
    await page.locator('#head .status', { hasText: 'Completed' }).waitFor();
    await picture(page, 'execution');
    assert.ok(clicks < 10, `${clicks} clicks`);
    console.log(`a paid expense after ${clicks} clicks`);
  }, WIDE);
});
