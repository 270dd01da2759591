// Begins the modules that keep a page up to date: a line at the page's end says since when it is not, and why. It is away
// while the page is as it should be.
const away = document.createElement('p');
away.className = 'away';
away.setAttribute('role', 'status');
document.querySelector('main').append(away);
const clock = new Intl.DateTimeFormat(undefined, { timeStyle: 'medium' });
// The least milliseconds of which the line is worth: a host that starts anew is back before.
const BLIP = 1_500;
let gone = 0;

function say(text, link) {
  // What is said once is not read out again with every try.
  if (away.textContent !== text + (link?.textContent ?? '')) away.replaceChildren(text, ...(link ? [link] : []));
}

/** The way to sign in and back to this page, from where the host sent a request. */
function signIn(sent) {
  const to = new URL(sent);
  const root = to.pathname.slice(0, to.pathname.lastIndexOf('/'));
  to.search = new URLSearchParams({ next: location.pathname.slice(root.length) + location.search });
  const link = document.createElement('a');
  link.href = to;
  link.textContent = 'Sign in';
  return link;
}

/** Whether a request was answered as it should be; none stands for one that got no answer. The line says what is not. */
function reached(answer) {
  if (answer?.ok && !answer.redirected) {
    gone = 0;
    say('');
    return true;
  }
  gone ||= Date.now();
  const since = clock.format(gone);
  if (answer?.redirected || answer?.status === 401) {
    const words = `You are not signed in any more: since ${since} this page does not change. `;
    say(words, answer.redirected ? signIn(answer.url) : undefined);
  } else if ([403, 404, 410].includes(answer?.status)) say(`Since ${since} this page is not there any more, or not for you.`);
  else if (Date.now() - gone >= BLIP) say(`Not connected since ${since}. Trying again …`);
  return false;
}
