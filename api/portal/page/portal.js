// The token stands behind the #, which no server is told.
const token = location.hash.slice(1);
const page = document.querySelector('#page');
const notice = document.querySelector('#notice');
const STATES = { '': 'All', accepted: 'Delivered', planned: 'Waiting', failed: 'Failed' };
const TITLES = { accepted: 'delivered', planned: 'waiting', sending: 'sending', failed: 'failed' };
const LOOKS = { accepted: 'good', active: 'good', failed: 'bad', disabled: 'bad', retry: 'wait' };
const REASONS = { gone: 'it answered 410 Gone', failing: 'it failed for days' };

/** Texts come from receivers and senders: they are set as text, never as HTML. */
const element = (name, attributes = {}, ...children) => {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith('on')) made.addEventListener(key.slice(2), value);
    else if (value !== undefined && value !== false) made.setAttribute(key, value === true ? '' : value);
  }
  made.append(...children.filter((child) => child !== null));
  return made;
};

const time = (text) => (text === null ? '–' : new Date(text).toLocaleString(undefined, { dateStyle: 'medium', timeStyle: 'medium' }));

const badge = (state, title = TITLES[state] ?? state) => element('span', { class: `badge ${LOOKS[state] ?? 'wait'}` }, title);

const tell = (text) => {
  notice.textContent = text;
  setTimeout(() => {
    if (notice.textContent === text) notice.textContent = '';
  }, 4000);
};

const ask = async (path, method = 'GET') => {
  const response = await fetch(`/portal/api/${path}`, { method, headers: { authorization: `Bearer ${token}` } });
  const body = await response.json();
  if (!response.ok) throw Object.assign(new Error(body.message), { status: response.status });
  return body;
};

const button = (title, work, look) => {
  const made = element('button', { type: 'button', class: look }, title);
  made.addEventListener('click', async (event) => {
    event.stopPropagation();
    made.disabled = true;
    try {
      await work();
    } catch (error) {
      tell(error.message);
    }
    made.disabled = false;
  });
  return made;
};

const fact = (title, ...value) => element('div', {}, element('dt', {}, title), element('dd', {}, ...value));

/** What became of a webhook, attempt by attempt, and what it said. */
const detailOf = async ({ id }, refresh) => {
  const delivery = await ask(`deliveries/${id}`);
  const attempts = delivery.attempts.map((attempt) =>
    element(
      'li',
      {},
      element(
        'div',
        { class: 'row' },
        badge(attempt.outcome === 'accepted' ? 'accepted' : 'failed', attempt.status === null ? 'no answer' : `HTTP ${attempt.status}`),
        element('span', {}, time(attempt.started_at)),
        element('span', { class: 'quiet' }, attempt.duration_ms === null ? '' : `${attempt.duration_ms} ms`),
      ),
      attempt.answer ? element('div', { class: 'answer mono' }, attempt.answer) : null,
    ),
  );
  const resend = button('Send again', async () => {
    await ask(`deliveries/${id}/resend`, 'POST');
    tell('It will be sent in a moment.');
    await refresh();
  });
  return element(
    'div',
    { class: 'columns' },
    element(
      'div',
      {},
      element('h2', {}, attempts.length === 0 ? 'No attempt yet' : `Attempts (${attempts.length})`),
      element('ol', { class: 'attempts' }, ...attempts.toReversed()),
      resend,
    ),
    element(
      'div',
      {},
      element('h2', {}, 'What is sent'),
      element('div', { class: 'quiet mono' }, `webhook-id: ${id}`),
      element('pre', {}, JSON.stringify(delivery.body, null, 2)),
    ),
  );
};

const rowOf = (delivery, refresh) => {
  const row = element(
    'tr',
    { tabindex: '0', 'aria-expanded': 'false' },
    element('td', {}, badge(delivery.state)),
    element('td', { class: 'mono' }, delivery.event_type),
    element('td', {}, time(delivery.created_at)),
    element('td', {}, String(delivery.attempts_count)),
    element('td', { class: 'quiet' }, delivery.state === 'planned' ? `next ${time(delivery.due_at)}` : (delivery.reason ?? '')),
  );
  const open = async () => {
    const expanded = row.getAttribute('aria-expanded') === 'true';
    row.setAttribute('aria-expanded', String(!expanded));
    if (expanded) {
      row.nextSibling.remove();
      return;
    }
    const cell = element('td', { colspan: '5' }, element('p', { class: 'quiet' }, 'Loading…'));
    row.after(element('tr', { class: 'detail' }, cell));
    cell.replaceChildren(await detailOf(delivery, refresh).catch((error) => error.message));
  };
  row.addEventListener('click', open);
  row.addEventListener('keydown', (event) => event.key === 'Enter' && open());
  return row;
};

/** The list of webhooks, of one state or all, a page at a time. */
const webhooksCard = () => {
  const tabs = element('div', { class: 'row tabs', role: 'group', 'aria-label': 'State' });
  const content = element('div');
  let state = '';

  const load = async (after) => {
    const query = new URLSearchParams({ ...(state && { state }), ...(after && { after }) });
    return ask(`deliveries?${query}`);
  };
  const refresh = async () => {
    const first = await load();
    if (first.deliveries.length === 0) {
      const nothing = state === '' ? 'Nothing was sent yet. “Send a test” sends an example.' : 'There is none.';
      content.replaceChildren(element('p', { class: 'quiet empty' }, nothing));
      return;
    }
    const rows = element('tbody', {}, ...first.deliveries.map((delivery) => rowOf(delivery, refresh)));
    const titles = ['State', 'Event', 'Since', 'Attempts', ''].map((title) => element('th', { scope: 'col' }, title));
    const table = element('div', { class: 'table' }, element('table', {}, element('thead', {}, element('tr', {}, ...titles)), rows));
    let { deliveries, has_more: hasMore } = first;
    const more = button('Show more', async () => {
      ({ deliveries, has_more: hasMore } = await load(deliveries.at(-1).id));
      rows.append(...deliveries.map((delivery) => rowOf(delivery, refresh)));
      if (!hasMore) foot.remove();
    });
    const foot = element('div', { class: 'foot' }, more);
    content.replaceChildren(table, ...(hasMore ? [foot] : []));
  };
  const choose = async (chosen) => {
    state = chosen;
    for (const tab of tabs.children) tab.setAttribute('aria-pressed', String(tab.dataset.state === state));
    await refresh();
  };
  for (const [each, title] of Object.entries(STATES))
    tabs.append(
      element('button', { type: 'button', 'data-state': each, onclick: () => choose(each).catch((error) => tell(error.message)) }, title),
    );
  const card = element('section', { class: 'card' }, element('div', { class: 'head' }, element('h2', {}, 'Webhooks'), tabs), content);
  return { card, refresh, start: () => choose('') };
};

const secretCard = () => {
  const shown = element('dd', { class: 'mono' }, '•'.repeat(24));
  const until = element('p', { class: 'quiet' }, 'Signs each webhook, so that you can tell ours from others.');
  const show = ({ secret, secrets }) => {
    shown.textContent = secret;
    const ending = secrets.find((each) => each.until !== null);
    until.textContent = ending
      ? `Webhooks are signed with the secret before this one as well, until ${time(ending.until)}.`
      : 'Signs each webhook, so that you can tell ours from others.';
  };
  const reveal = button('Reveal', async () => show(await ask('secret')));
  const rotate = button('Rotate', async () => {
    if (!confirm('Make a new secret? The present one goes on working for a day.')) return;
    show(await ask('secret/rotate', 'POST'));
    tell('There is a new secret.');
  });
  const copy = button('Copy', async () => {
    await navigator.clipboard.writeText((await ask('secret')).secret);
    tell('The secret is in your clipboard.');
  });
  return element(
    'section',
    { class: 'card' },
    element('div', { class: 'head' }, element('h2', {}, 'Signing secret'), element('div', { class: 'row' }, reveal, copy, rotate)),
    element('dl', { class: 'facts' }, element('div', {}, shown, until)),
  );
};

const start = async () => {
  const endpoint = await ask('endpoint');
  const webhooks = webhooksCard();
  const test = button(
    'Send a test',
    async () => {
      await ask('test', 'POST');
      tell('An example will be sent in a moment.');
      await webhooks.refresh();
    },
    'first',
  );
  const why = endpoint.state === 'disabled' && endpoint.disabled_reason ? `Switched off, since ${REASONS[endpoint.disabled_reason]}` : null;
  document.title = `Webhooks to ${new URL(endpoint.url).host}`;
  page.replaceChildren(
    element(
      'header',
      {},
      element(
        'div',
        {},
        element('h1', {}, endpoint.url),
        element('div', { class: 'row' }, badge(endpoint.state), element('span', { class: 'quiet' }, why ?? endpoint.description ?? '')),
      ),
      element(
        'div',
        { class: 'row' },
        button('Refresh', () => start()),
        test,
      ),
    ),
    element(
      'section',
      { class: 'card' },
      element('div', { class: 'head' }, element('h2', {}, 'Endpoint')),
      element(
        'dl',
        { class: 'facts' },
        fact('Events', endpoint.event_types.includes('*') ? 'all' : endpoint.event_types.join(', ')),
        fact('Order', endpoint.ordered ? 'one after the other for each customer' : 'as they come'),
        fact('Failing since', endpoint.failing_since === null ? 'it is well' : time(endpoint.failing_since)),
        fact('This link works until', time(endpoint.link_until)),
      ),
    ),
    webhooks.card,
    secretCard(),
  );
  await webhooks.start();
  page.removeAttribute('aria-busy');
};

start().catch((error) => {
  const title = error.status === 401 ? 'This link does not work any more' : 'This page cannot be shown';
  const text = error.status === 401 ? 'Ask for a new one: a link to this page ends after a while.' : error.message;
  page.replaceChildren(element('div', { class: 'card empty' }, element('h1', {}, title), element('p', { class: 'quiet' }, text)));
  page.removeAttribute('aria-busy');
});
