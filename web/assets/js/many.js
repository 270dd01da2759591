// Asks the same of many executions, once that is confirmed, some at a time, and says how far it has come. Without this all
// of them are asked with one answer, and so are few.
const AT_ONCE = 10;
const form = document.getElementById('chosen');
const told = form?.querySelector('[data-chosen]');
const title = document.querySelector('main h1');

const made = (name, text, ...inside) => {
  const element = document.createElement(name);
  element.append(text, ...inside);
  return element;
};

function named(text) {
  title.textContent = text;
  document.title = `${text} · Stepwell`;
}

/** Asks some of them, and gives the rows of those that refused. */
async function ask(sent, some) {
  const body = new URLSearchParams([...sent].filter(([name]) => name !== 'execution'));
  for (const id of some) body.append('execution', id);
  body.set('part', 'yes');
  const answer = await fetch(form.getAttribute('action'), { method: 'POST', body, credentials: 'same-origin', redirect: 'error' });
  if (!answer.ok) throw new Error(`${answer.status}`);
  return [...new DOMParser().parseFromString(await answer.text(), 'text/html').querySelectorAll('tbody tr')];
}

/** Says of each of some executions what became of it. */
function mark(some, refused) {
  const done = form.dataset.done;
  for (const id of some) {
    const row = [...document.querySelectorAll('tbody tr')].find((one) => one.dataset.execution === id);
    const isDone = !refused.some((one) => one.dataset.execution === id);
    const sign = made('span', isDone ? '✓' : '✕');
    sign.setAttribute('aria-hidden', 'true');
    const status = made('span', sign, isDone ? ` ${done[0].toUpperCase()}${done.slice(1)}` : ` Not ${done}`);
    status.className = `status ${isDone ? 'completed' : 'failed'}`;
    row?.querySelector('.status')?.replaceWith(status);
    // What it was doing until then is not said beside what became of it.
    if (isDone) for (const old of row?.querySelectorAll('.message, .number .soft') ?? []) old.textContent = '';
  }
}

/** The way back to the list, with what narrowed it. */
function way(back) {
  const link = made('a', 'Back to the list');
  link.href = form.dataset.list + back;
  return link;
}

/** What came of it, where some refused. */
function result(refused, all, back) {
  const { done } = form.dataset;
  const was = (many) => (many === 1 ? 'was' : 'were');
  const left = all - refused.length;
  named(left === 0 ? `None of ${all} executions was ${done}` : `${refused.length} of ${all} executions ${was(refused.length)} not ${done}`);
  const table = made('table', made('thead', made('tr', made('th', 'Execution'), made('th', 'Why not'))), made('tbody', '', ...refused));
  table.className = 'list';
  const said = left === 0 ? [] : [made('p', `${left} ${left === 1 ? 'execution' : 'executions'} ${was(left)} ${done}.`)];
  document.querySelector('main').replaceChildren(title, ...said, table, made('p', way(back)));
  title.tabIndex = -1;
  title.focus();
}

form?.addEventListener('submit', async (event) => {
  const sent = new FormData(form, event.submitter);
  const ids = sent.getAll('execution');
  if (ids.length <= AT_ONCE) return;
  event.preventDefault();
  const { doing, done } = form.dataset;
  const back = sent.get('back');
  named(`${doing} ${ids.length} executions`);
  document.querySelector('[data-said]').textContent = 'Stay here until it is through: whoever leaves this page ends it, and what is done stays done.';
  for (const one of form.querySelectorAll('.field, .actions')) one.hidden = true;
  const bar = document.createElement('progress');
  bar.max = ids.length;
  bar.setAttribute('aria-label', doing);
  const words = document.createElement('span');
  words.setAttribute('role', 'status');
  told.replaceChildren(bar, ' ', words);
  const refused = [];
  let at = 0;
  try {
    for (; at < ids.length; at += AT_ONCE) {
      words.textContent = `${at} of ${ids.length}`;
      bar.value = at;
      const some = ids.slice(at, at + AT_ONCE);
      const not = await ask(sent, some);
      mark(some, not);
      refused.push(...not);
    }
  } catch {
    named(`Not all executions were ${done}`);
    words.textContent = `It broke off after ${at} of ${ids.length}. The list shows what was done.`;
    told.append(' ', way(back));
    return;
  }
  if (refused.length > 0) result(refused, ids.length, back);
  else location.assign(`${form.dataset.list}${back}${back === '' ? '?' : '&'}did=${sent.get('action')}&many=${ids.length}`);
});
