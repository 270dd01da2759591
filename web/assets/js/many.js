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

/** Says of each of some executions what became of it: what it does by now, with the sign of that. */
function mark(some, refused) {
  const { done, sign: does, status: leadsTo, ends } = form.dataset;
  for (const id of some) {
    const row = [...document.querySelectorAll('tbody tr')].find((one) => one.dataset.execution === id);
    const isDone = !refused.some((one) => one.dataset.execution === id);
    const sign = made('span', isDone ? does : '✕');
    sign.setAttribute('aria-hidden', 'true');
    const status = made('span', sign, isDone ? ` ${done[0].toUpperCase()}${done.slice(1)}` : ` Not ${done}`);
    status.className = `status ${isDone ? leadsTo : 'failed'}`;
    row?.querySelector('.status')?.replaceWith(status);
    if (!isDone || !row) continue;
    // What it was doing until then is not said beside what became of it.
    row.querySelector('.message').textContent = '';
    if (ends === undefined) continue;
    row.querySelector('.number .soft')?.remove();
    row.querySelector('.number').dataset.label = 'took';
  }
}

/** The way back to the list, with what narrowed it. */
function way(back) {
  const link = made('a', 'Back to the list');
  link.href = form.dataset.list + back;
  return link;
}

/** What came of it, where some of those that were asked refused, or somebody stopped before all of them were asked. */
function result(refused, asked, all, back) {
  const { done } = form.dataset;
  const was = (many) => (many === 1 ? 'was' : 'were');
  const left = asked - refused.length;
  const not = all - left;
  named(left === 0 ? `None of ${all} executions was ${done}` : `${not} of ${all} executions ${was(not)} not ${done}`);
  const table = made('table', made('thead', made('tr', made('th', 'Execution'), made('th', 'Why not'))), made('tbody', '', ...refused));
  table.className = 'list cards';
  const said = left === 0 ? [] : [made('p', `${left} ${left === 1 ? 'execution' : 'executions'} ${was(left)} ${done}.`)];
  if (asked < all) said.push(made('p', `You stopped before all were asked: ${all - asked} ${all - asked === 1 ? 'stays as it is' : 'stay as they are'}.`));
  document.querySelector('main').replaceChildren(title.parentElement, ...said, ...(refused.length > 0 ? [table] : []), made('p', way(back)));
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
  document.querySelector('[data-said]').textContent = `Keep this page open. If you leave it, the rest are not ${done}.`;
  for (const one of form.querySelectorAll('.field, .actions')) one.hidden = true;
  const bar = document.createElement('progress');
  bar.max = ids.length;
  bar.setAttribute('aria-label', doing);
  const words = document.createElement('span');
  words.setAttribute('role', 'status');
  const stop = made('button', 'Stop');
  stop.type = 'button';
  let stopped = false;
  stop.addEventListener('click', () => {
    stopped = true;
    stop.disabled = true;
  });
  told.replaceChildren(bar, ' ', words, ' ', stop);
  const refused = [];
  let at = 0;
  try {
    for (; at < ids.length && !stopped; at += AT_ONCE) {
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
    stop.replaceWith(way(back));
    return;
  }
  const asked = Math.min(at, ids.length);
  if (refused.length > 0 || asked < ids.length) result(refused, asked, ids.length, back);
  else location.assign(`${form.dataset.list}${back}${back === '' ? '?' : '&'}did=${sent.get('action')}&many=${ids.length}`);
});
