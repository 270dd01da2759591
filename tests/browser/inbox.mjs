// The inbox: questions found, read with what led to them, and answered, one by one and together, also by keys alone.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { VIEWS, stage } from './stage.mjs';

let world;
before(async () => { world = await stage(); });
after(() => world.end());

const MINE = { allow_requester: true };

test('an empty inbox says so', async () => {
  await world.inViews('inbox', async (page, look) => {
    await page.goto(`${world.url}/inbox`);
    await page.getByText('Nothing waits for you.').waitFor();
    await look('empty');
  }, [VIEWS[0]]);
});

test('a question is opened from the inbox and answered once', async () => {
  await world.inViews('inbox', async (page, look, view) => {
    const question = await world.question({ kind: 'approval', timeout_seconds: 7200, details: 'For **lunch**.', ...MINE });
    await page.goto(`${world.url}/inbox`);
    await look('list');
    if (view.script) assert.deepEqual(await world.serious(page), []);
    await page.getByRole('link', { name: /^Pay 4 800 €/ }).click();
    await page.getByRole('heading', { name: 'What led here' }).waitFor();
    await look('question');
    if (view.script) assert.deepEqual(await world.serious(page), []);
    await page.getByLabel('Comment').fill('seen in the inbox');
    await page.getByRole('button', { name: 'Approve' }).click();
    await page.getByText('Decided: Approved').waitFor();
    await look('decided');
    if (view.script) assert.deepEqual(await world.serious(page), []);
    const { responses, decision } = await question.asked();
    assert.deepEqual([decision, responses[0].comment], ['approved', 'seen in the inbox']);
    assert.equal(await page.getByRole('button', { name: 'Approve' }).count(), 0);
  });
});

test('a page that is open while somebody else answers says so, sends nothing any more, and keeps what was typed', async () => {
  await world.inViews('inbox', async (page, look, view) => {
    for (const name of ['inbox', 'link']) {
      const question = await world.question({ kind: 'approval', ...MINE });
      const { interaction_id: id } = question.interaction;
      await page.goto(name === 'link' ? question.link : `${world.url}/inbox/${id}`);
      const comment = page.getByLabel('Comment');
      await comment.fill('Only if the fair takes place');
      await world.call('POST', `/v1/interactions/${id}/respond`, { approved: false, comment: 'Not this year.' });
      // Somebody comes back to the window.
      await page.evaluate(() => dispatchEvent(new Event('focus')));
      const told = page.locator('[data-asked][role=status]');
      await told.filter({ hasText: /^✕Decided: Rejected, by you, on .*What you have typed was not sent\./ }).waitFor();
      assert.doesNotMatch(await told.textContent(), /UTC/, 'in the time of its reader');
      await page.getByText('No answer yet').waitFor({ state: 'detached' });
      assert.equal(await page.getByText('Ask somebody else').count(), 0, 'nobody is asked any more');
      assert.deepEqual([await comment.inputValue(), await comment.isEditable()], ['Only if the fair takes place', false]);
      assert.ok(await page.getByRole('button', { name: 'Approve' }).isDisabled());
      if (name === 'link') await page.getByText('You can close this page.').waitFor();
      await look(`meanwhile-${name}`);
      assert.deepEqual(await world.serious(page), []);
      await told.getByRole('link', { name: 'load the page again' }).click();
      await told.waitFor({ state: 'detached' });
      await page.getByText('Rejected').first().waitFor();
    }
  }, [VIEWS[0], VIEWS[3]]);
});

test('several are chosen at once in the inbox too', async () => {
  await world.inViews('inbox', async (page, look) => {
    for (const amount of [1, 2]) await world.question({ kind: 'approval', question: `Order ${amount} chairs?`, ...MINE });
    await page.goto(`${world.url}/inbox?q=chairs`);
    await page.getByRole('checkbox', { name: 'All on this page' }).check();
    await page.getByText('2 chosen:').waitFor();
    await look('every');
    await page.getByRole('button', { name: 'Answer together' }).click();
    await page.getByRole('heading', { name: 'Answer 2 questions together' }).waitFor();
  }, [VIEWS[0]]);
});

test('a form of fields is the same as that of a link, and what is wrong is told beside it', async () => {
  const schema = { type: 'object', required: ['city', 'nights'], properties: { city: { type: 'string', title: 'City' }, nights: { type: 'integer', title: 'Nights', minimum: 1 } } };
  await world.inViews('inbox', async (page, look, view) => {
    const question = await world.question({ kind: 'input', question: 'Where do you travel?', schema, ...MINE });
    await page.goto(`${world.url}/inbox/${question.interaction.interaction_id}`);
    await page.getByLabel('City').fill(' ');
    await page.getByLabel('Nights').fill('2');
    if (view.script) await page.evaluate(() => { for (const form of document.forms) form.noValidate = true; });
    await page.getByLabel('Nights').fill('0');
    if (!view.script) await page.getByLabel('Nights').fill('3');
    await page.getByRole('button', { name: 'Send the answer' }).click();
    if (view.script) {
      await page.getByRole('heading', { name: 'Please correct this' }).waitFor();
      await look('wrong');
      await page.getByLabel('Nights').fill('3');
      await page.getByRole('button', { name: 'Send the answer' }).click();
    }
    await page.getByText(/^Answered, by you/).waitFor();
    assert.equal((await question.asked()).responses[0].answer.nights, 3);
  }, [VIEWS[0], VIEWS[2]]);
});

test('several that are alike are answered together', async () => {
  await world.inViews('inbox', async (page, look, view) => {
    const asked = [];
    for (const question of ['Refund order 1?', 'Refund order 2?']) asked.push(await world.question({ kind: 'approval', question, ...MINE }));
    await page.goto(`${world.url}/inbox?q=refund`);
    for (const box of await page.getByRole('checkbox').all()) await box.check();
    await page.getByRole('button', { name: 'Answer together' }).click();
    await page.getByRole('heading', { name: 'Answer 2 questions together' }).waitFor();
    await look('several');
    if (view.script) assert.deepEqual(await world.serious(page), []);
    await page.getByRole('button', { name: 'Reject' }).click();
    await page.getByText('Your answer to 2 questions is recorded.').waitFor();
    for (const one of asked) assert.equal((await one.asked()).decision, 'rejected');
  }, [VIEWS[0], VIEWS[2]]);
});

test('keys are enough: j and k move, Enter opens, ? tells them', async () => {
  await world.inViews('inbox', async (page, look) => {
    const [one, two] = [await world.question({ kind: 'approval', question: 'First?', timeout_seconds: 600, ...MINE }), await world.question({ kind: 'approval', question: 'Second?', timeout_seconds: 1200, ...MINE })];
    await page.goto(`${world.url}/inbox`);
    const here = () => page.evaluate(() => document.activeElement.textContent);
    await page.keyboard.press('?');
    await page.getByRole('heading', { name: 'Keys' }).waitFor();
    await look('keys');
    assert.deepEqual(await world.serious(page), []);
    await page.keyboard.press('Escape');
    await page.keyboard.press('j');
    assert.equal(await here(), 'First?');
    await page.keyboard.press('j');
    assert.equal(await here(), 'Second?');
    await page.keyboard.press('k');
    assert.equal(await here(), 'First?');
    await page.keyboard.press('x');
    assert.ok(await page.getByLabel('Choose First?').isChecked());
    await page.keyboard.press('x');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { level: 1, name: 'First?' }).waitFor();
    // Keys that are typed into a field are text.
    await page.getByLabel('Comment').focus();
    await page.keyboard.type('jk?');
    assert.equal(await page.getByLabel('Comment').inputValue(), 'jk?');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await page.getByText('Decided: Approved').waitFor();
    assert.equal((await one.asked()).decision, 'approved');
    assert.equal((await two.asked()).status, 'pending');
  }, [VIEWS[0]]);
});

test('somebody else is asked instead', async () => {
  await world.inViews('inbox', async (page, look, view) => {
    const question = await world.question({ kind: 'approval', ...MINE });
    await page.goto(`${world.url}/inbox/${question.interaction.interaction_id}`);
    await page.getByText('Ask somebody else').click();
    await page.getByRole('textbox', { name: 'Whom to ask instead' }).fill('bob@example.com');
    await look('reassign');
    if (view.script) assert.deepEqual(await world.serious(page), []);
    await page.getByRole('button', { name: 'Ask them instead' }).click();
    await page.getByRole('combobox', { name: 'Answer as' }).waitFor();
    assert.deepEqual((await question.asked()).assignees, ['bob@example.com']);
  }, [VIEWS[0], VIEWS[2]]);
});
