// The editor: numbers and marks of lines beside the text, its picture and problems as one types, the way from a problem to
// its line, and Tab as an indent for whoever asks for it. Without this a button checks the text, and shows the same.
const frame = document.querySelector('[data-editor]');
const area = frame.querySelector('#text');
const gutter = frame.querySelector('.gutter');
const form = area.form;
const shown = frame.querySelector('#checked');
// Milliseconds without a key after which the text is checked.
const PAUSE = 350;
// And after which it is tried again where the host does not answer.
const AGAIN = 5_000;

const numbers = document.createElement('pre');
const marks = document.createElement('div');
marks.className = 'marks';
gutter.append(marks, numbers);
const styles = getComputedStyle(area);
const height = Number.parseFloat(styles.lineHeight);
const top = Number.parseFloat(styles.paddingTop);

let lines = 0;
function count() {
  let now = 1;
  for (let at = area.value.indexOf('\n'); at >= 0; at = area.value.indexOf('\n', at + 1)) now += 1;
  if (now === lines) return;
  lines = now;
  numbers.textContent = Array.from({ length: lines }, (_, at) => at + 1).join('\n');
}

function mark() {
  const made = new Map();
  for (const item of shown.querySelectorAll('.problems li[data-line]')) {
    const line = Number(item.dataset.line);
    if (made.get(line)?.classList.contains('error')) continue;
    const one = document.createElement('span');
    one.className = item.className;
    one.title = item.querySelector('p').textContent;
    one.style.top = `${top + (line - 1) * height}px`;
    one.style.height = `${height}px`;
    one.addEventListener('click', () => go(line));
    made.set(line, one);
  }
  marks.replaceChildren(...made.values());
}

const follow = () => { gutter.scrollTop = area.scrollTop; };

function go(line) {
  let start = 0;
  for (let at = 1; at < line; at += 1) start = area.value.indexOf('\n', start) + 1;
  const end = area.value.indexOf('\n', start);
  area.focus();
  area.setSelectionRange(start, end < 0 ? area.value.length : end);
  area.scrollTop = Math.max(0, (line - 1) * height - area.clientHeight / 3);
  area.scrollLeft = 0;
  area.scrollIntoView({ block: 'nearest' });
  follow();
}

let asked = null;
let timer = 0;
async function check() {
  asked?.abort();
  asked = new AbortController();
  const body = new URLSearchParams();
  for (const name of ['form_token', 'text']) body.append(name, form.elements[name].value);
  let html;
  try {
    const answer = await fetch(frame.dataset.check, { method: 'POST', body, signal: asked.signal });
    if (!answer.ok) throw new Error(`the check was answered with ${answer.status}`);
    html = await answer.text();
  } catch (error) {
    if (error.name === 'AbortError') return;
    const told = shown.querySelector('.said');
    told.textContent = 'The text could not be checked: the host does not answer, or you are not signed in any more. Trying again …';
    timer = setTimeout(check, AGAIN);
    return;
  }
  put(html);
}

// What changed is put in its place. The status line stays the same element, so that it is read out; a text that is not
// valid for a moment keeps its last picture.
function put(html) {
  const made = document.createElement('template');
  made.innerHTML = html;
  const [problems, picture] = ['.problems', '.picture-of'].map((part) => made.content.querySelector(part));
  const status = shown.querySelector('.said');
  const told = problems.querySelector('.said');
  if (status.innerHTML !== told.innerHTML) status.innerHTML = told.innerHTML;
  told.replaceWith(status);
  const link = form.querySelector('[data-problems]');
  if (link) {
    const some = problems.querySelector('.error, .warning');
    link.textContent = some ? status.textContent.replace(/^[✓✕]/, '').trim() : status.querySelector('.good') ? '✓ Valid' : '';
  }
  shown.querySelector('.problems').replaceWith(problems);
  const old = shown.querySelector('.picture-of');
  const keeps = picture.querySelector('[data-no-picture]') && area.value.trim() && old.querySelector('svg');
  old.querySelector('.stale-note').hidden = !keeps;
  if (!keeps) {
    const place = old.querySelector('.pane');
    const [left, down] = [place?.scrollLeft ?? 0, place?.scrollTop ?? 0];
    old.replaceWith(picture);
    document.dispatchEvent(new CustomEvent('put', { detail: picture }));
    picture.querySelector('.pane')?.scrollTo(left, down);
  }
  mark();
}

// As soon as something is written, the examples make room for it.
const examples = document.querySelector('[data-examples]');
let changed = false;
area.addEventListener('input', () => {
  changed = true;
  if (examples?.open && area.value.trim()) examples.open = false;
  count();
  // The change of an execution's workflow is checked by its button alone.
  if (!frame.dataset.check) return;
  clearTimeout(timer);
  timer = setTimeout(check, PAUSE);
});
area.addEventListener('scroll', follow, { passive: true });
form.addEventListener('submit', () => { changed = false; });
addEventListener('beforeunload', (event) => { if (changed) event.preventDefault(); });
shown.addEventListener('click', (event) => {
  const link = event.target.closest('[data-goto]');
  if (!link) return;
  event.preventDefault();
  go(Number(link.dataset.goto));
});

// Tab moves on, as everywhere, until it is asked to indent; Esc gives it back for once.
const tabs = frame.querySelector('#tabs');
for (const hidden of frame.querySelectorAll('[data-keys]')) hidden.hidden = false;
let leaves = false;
area.addEventListener('keydown', (event) => {
  if (event.key === 'Escape') leaves = true;
  else if (event.key === 'Tab' && tabs?.checked && !leaves && !event.shiftKey && !event.ctrlKey && !event.altKey && !event.metaKey) {
    event.preventDefault();
    // The only way of writing that the browser can undo.
    document.execCommand('insertText', false, '  ');
  } else if (event.key !== 'Shift') leaves = false;
});
area.addEventListener('blur', () => { leaves = false; });

count();
mark();
follow();
