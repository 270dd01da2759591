// The page of a person's link, as people use it.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { stage, VIEWS } from './stage.mjs';

let world;
before(async () => {
  world = await stage();
});
after(() => world?.end());

const TRAVEL = {
  kind: 'input',
  question: 'Where do you travel, and when?',
  details: 'We book **trains** first. Prices are per person.\n\n- no flights below 600 km\n- receipts to [the office](mailto:office@example.com)',
  rules: ["answer.nights < 15"],
  timeout_seconds: 86400,
  schema: {
    type: 'object',
    required: ['name', 'nights', 'leaves', 'address', 'single'],
    properties: {
      name: { type: 'string', title: 'Name', description: 'As it stands in your passport.', minLength: 3 },
      mail: { type: 'string', format: 'email', title: 'E-mail' },
      nights: { type: 'integer', title: 'Nights', minimum: 1 },
      leaves: { type: 'string', format: 'date', title: 'Day of departure' },
      single: { type: 'boolean', title: 'Single room' },
      class: { enum: ['First', 'Second'], title: 'Class', default: 'Second' },
      address: {
        type: 'object', title: 'Address', required: ['street'],
        properties: { street: { type: 'string', title: 'Street' }, city: { type: 'string', title: 'City' } },
      },
      stops: { type: 'array', title: 'Stops', items: { type: 'string', title: 'Stop' } },
    },
  },
};

test('an approval is read, answered and confirmed', async () => {
  await world.inViews('approval', async (page, look, view) => {
    const details = 'Invoice **2026-118**, due in two weeks. The budget has 6 200 € left.';
    const question = await world.question({ kind: 'approval', details, timeout_seconds: 7200, assignees: ['ann@example.com', 'ben@example.com', 'chris@example.com'], approval_threshold: 2 });
    await world.call('POST', `/v1/interactions/${question.interaction.interaction_id}/respond`, { approved: true, answer_as: 'ben@example.com', comment: 'As agreed on Monday.' });
    await page.goto(question.link);
    await look('asked');
    const time = await page.locator('time').first().textContent();
    assert.equal(/UTC/.test(time), !view.script, `a script shows the reader's own time: ${time}`);
    if (view.script) assert.deepEqual(await world.serious(page), []);
    await page.getByLabel('Comment').fill('Fine, but only once.');
    await page.getByRole('button', { name: 'Approve' }).click();
    await page.getByRole('heading', { name: 'Your answer is recorded' }).waitFor();
    await look('recorded');
    if (view.script) assert.deepEqual(await world.serious(page), []);
    // A reload sends nothing again.
    await page.reload();
    const { responses, decision } = await question.asked();
    assert.deepEqual([responses.length, responses[1].via, decision], [2, 'link', 'approved']);
    assert.equal((await page.goto(question.link)).status(), 410);
    await look('over');
    if (view.script) assert.deepEqual(await world.serious(page), []);
    assert.equal(await question.ended(), 'completed');
  });
});

test('a form of a schema is filled in, corrected and sent', async () => {
  await world.inViews('input', async (page, look, view) => {
    const question = await world.question(TRAVEL);
    await page.goto(question.link);
    await look('asked');
    if (view.script) assert.deepEqual(await world.serious(page), []);
    await page.getByLabel('Name').fill('Ann Lee');
    await page.getByLabel('Nights').fill('20');
    await page.getByLabel('Day of departure').fill('2026-03-01');
    await page.getByRole('group', { name: 'Single room' }).getByText('Yes').click();
    await page.getByRole('textbox', { name: 'Stop 1' }).fill('Lyon');
    await page.getByRole('button', { name: 'Add another to Stops' }).click();
    await page.getByRole('textbox', { name: 'Stop 2' }).fill('Nîmes');
    // The browser itself would not send this: the server says the same.
    await page.getByLabel('Street').fill(' ');
    await page.getByRole('button', { name: 'Send the answer' }).click();
    await page.getByRole('heading', { name: 'Please correct this' }).waitFor();
    assert.match(await page.locator('.summary').textContent(), /Nights must be less than 15\./);
    await look('wrong');
    if (view.script) assert.deepEqual(await world.serious(page), []);
    assert.equal(await page.getByRole('textbox', { name: 'Stop 2' }).inputValue(), 'Nîmes');
    await page.getByLabel('Nights').fill('3');
    await page.getByLabel('Street').fill('12 Mill Lane');
    await page.getByRole('button', { name: 'Send the answer' }).click();
    await page.getByRole('heading', { name: 'Your answer is recorded' }).waitFor();
    await look('recorded');
    const { responses } = await question.asked();
    assert.deepEqual(responses[0].answer, {
      name: 'Ann Lee', nights: 3, leaves: '2026-03-01', single: true, class: 'Second', address: { street: '12 Mill Lane' }, stops: ['Lyon', 'Nîmes'],
    });
  });
});

test('what is wrong is told beside its field, and the way there is a link', async () => {
  await world.inViews('faults', async (page, look, view) => {
    const question = await world.question(TRAVEL);
    await page.goto(question.link);
    // As from a browser that checks nothing: the button by which a row is added sends a form as it is.
    await page.getByRole('button', { name: 'Add another to Stops' }).click();
    const body = await page.locator('form input[type=hidden]').evaluateAll((all) => all.map((one) => [one.name, one.value])).catch(() => []);
    assert.ok(body.length > 0);
    if (!view.script) return;
    await page.evaluate(() => { document.forms[0].noValidate = true; });
    await page.getByRole('button', { name: 'Send the answer' }).click();
    await page.locator('.summary').waitFor();
    await look('wrong');
    assert.deepEqual(await world.serious(page), []);
    await page.locator('.summary').getByRole('link', { name: /^Nights/ }).click();
    assert.equal(await page.evaluate(() => document.activeElement.name), 'data.nights');
  });
});

test('every kind of question has its form', async () => {
  const kinds = {
    decision: { config: { kind: 'decision', question: 'Which date do we launch on?', options: [{ id: 'march', label: '3 March, with the fair' }, { id: 'april', label: '14 April, after the fair' }] },
      act: async (page) => { await page.getByText('14 April').click(); await page.getByRole('button', { name: 'Send' }).last().click(); } },
    review: { config: { kind: 'review', question: 'May this letter go out?', content: 'Dear customers,\n\nfrom May on we deliver on Saturdays, too.\n\nKind regards' },
      act: async (page) => { await page.getByLabel('Content').fill('Dear customers,\n\nfrom June on we deliver on Saturdays.'); await page.getByRole('button', { name: 'Approve' }).click(); } },
    ask: { config: { kind: 'ask', question: 'What should the subject of the newsletter be?' },
      act: async (page) => { await page.getByRole('textbox', { name: 'Answer' }).fill('Spring is here'); await page.getByRole('button', { name: 'Send' }).last().click(); } },
    authorization: { config: { kind: 'authorization', question: '', tool: 'delete_customer', arguments: { customer: 'C-1182', reason: 'asked for by the customer' }, security_level: 'high' },
      act: async (page) => { await page.getByLabel('Name of the tool').fill('delete_customer'); await page.getByRole('button', { name: 'Allow' }).click(); } },
  };
  for (const [name, { config, act }] of Object.entries(kinds)) {
    await world.inViews(name, async (page, look, view) => {
      const question = await world.question(config);
      await page.goto(question.link);
      await look('asked');
      if (view.script) assert.deepEqual(await world.serious(page), []);
      await act(page);
      await page.getByRole('heading', { name: 'Your answer is recorded' }).waitFor();
      await look('recorded');
      assert.equal((await question.asked()).status, 'answered');
    }, [VIEWS[0], VIEWS[2]]);
  }
});

test('the keyboard is enough', async () => {
  await world.inViews('keyboard', async (page) => {
    const question = await world.question({ kind: 'approval' });
    await page.goto(question.link);
    const reached = [];
    for (let step = 0; step < 12 && !reached.includes('Reject'); step += 1) {
      await page.keyboard.press('Tab');
      reached.push(await page.evaluate(() => document.activeElement.name === 'comment' ? 'comment' : document.activeElement.textContent));
      if (reached.at(-1) === 'comment') await page.keyboard.type('by keyboard');
    }
    assert.deepEqual(reached.slice(-3), ['comment', 'Approve', 'Reject']);
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Your answer is recorded' }).waitFor();
    const { decision, responses } = await question.asked();
    assert.deepEqual([decision, responses[0].comment], ['rejected', 'by keyboard']);
  }, [VIEWS[0]]);
});

test('a link that nobody was given says so, and no token is in the log', async () => {
  await world.inViews('unknown', async (page, look, view) => {
    const answer = await page.goto(`${world.url}/i/AAAAAAAAAAAAAAAAAAAA`);
    assert.equal(answer.status(), 404);
    await look('unknown');
    if (view.script) assert.deepEqual(await world.serious(page), []);
  }, [VIEWS[0], VIEWS[3]]);
  assert.ok(!world.log.some((line) => line.includes('/i/')), world.log.join('\n'));
});
