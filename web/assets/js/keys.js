// Moves through a list by keys: j and k go to the next and the last row, Enter opens it, x chooses it, ? tells the keys.
const items = () => [...document.querySelectorAll('[data-key-row]')];
const help = document.getElementById('keys');
help?.querySelector('button').addEventListener('click', () => help.close());
const typing = (at) => at.closest('input:not([type=checkbox]), textarea, select, [contenteditable]');

function move(by) {
  const all = items();
  if (all.length === 0) return;
  const now = all.findIndex((row) => row.contains(document.activeElement));
  const next = now === -1 ? (by > 0 ? 0 : all.length - 1) : Math.min(Math.max(now + by, 0), all.length - 1);
  all[next].querySelector('a').focus();
  all[next].scrollIntoView({ block: 'nearest' });
}

document.addEventListener('keydown', (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
  if (event.key === 'j') move(1);
  else if (event.key === 'k') move(-1);
  else if (event.key === 'x') {
    const row = document.activeElement.closest('[data-key-row]');
    const box = row?.querySelector('input[type=checkbox]');
    if (!box?.checkVisibility()) return;
    box.click();
  } else if (event.key === '?' && help) help.open ? help.close() : help.showModal();
  else return;
  event.preventDefault();
});
