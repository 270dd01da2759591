// Asks the same of many executions, once that is confirmed, some at a time, and says how far it has come. Without this all
// of them are asked with one answer, and so are few.
const AT_ONCE = 10;
const form = document.getElementById('chosen');
const told = form?.querySelector('[data-chosen]');

/** Asks some of them, and gives the rows of those that refused. */
async function ask(sent, some) {
  const body = new URLSearchParams([...sent].filter(([name]) => name !== 'execution'));
  for (const id of some) body.append('execution', id);
  body.set('part', 'yes');
  const answer = await fetch(form.getAttribute('action'), { method: 'POST', body, credentials: 'same-origin', redirect: 'error' });
  if (!answer.ok) throw new Error(`${answer.status}`);
  return [...new DOMParser().parseFromString(await answer.text(), 'text/html').querySelectorAll('tbody tr')];
}

/** What came of it, where some refused. */
function result(word, refused, all, back) {
  const made = (name, text, ...inside) => {
    const element = document.createElement(name);
    element.append(text, ...inside);
    return element;
  };
  const title = made('h1', `${word}: ${refused.length} of ${all} executions refused`);
  title.tabIndex = -1;
  const done = all - refused.length;
  const table = made('table', made('thead', made('tr', made('th', 'Execution'), made('th', 'Why not'))), made('tbody', '', ...refused));
  table.className = 'list';
  const link = made('a', 'Back to the list');
  link.href = form.dataset.list + back;
  const said = done === 0 ? 'None of them was changed.' : `${done} ${done === 1 ? 'execution' : 'executions'} did it.`;
  document.querySelector('main').replaceChildren(title, made('p', said), table, made('p', link));
  document.title = `${title.textContent} · Stepwell`;
  title.focus();
}

form?.addEventListener('submit', async (event) => {
  const sent = new FormData(form, event.submitter);
  const ids = sent.getAll('execution');
  if (ids.length <= AT_ONCE) return;
  event.preventDefault();
  const word = form.dataset.word;
  const bar = document.createElement('progress');
  bar.max = ids.length;
  bar.setAttribute('aria-label', word);
  const words = document.createElement('span');
  words.setAttribute('role', 'status');
  told.replaceChildren(bar, ' ', words);
  for (const one of form.querySelectorAll('button, input')) one.disabled = true;
  const refused = [];
  let at = 0;
  try {
    for (; at < ids.length; at += AT_ONCE) {
      words.textContent = `${word}: ${at} of ${ids.length}`;
      bar.value = at;
      refused.push(...await ask(sent, ids.slice(at, at + AT_ONCE)));
    }
  } catch {
    words.textContent = `${word}: broke off after ${at} of ${ids.length}. Load the page again to see what was done.`;
    return;
  }
  const back = sent.get('back');
  if (refused.length > 0) result(word, refused, ids.length, back);
  else location.assign(`${form.dataset.list}${back}${back === '' ? '?' : '&'}did=${sent.get('action')}&many=${ids.length}`);
});
