// Keeps the page equal to what the service says of its model, and sends the form.

import { literalOf, make, makeField, parseJson } from './fields.js';
import { curlOf, jsonOf, pythonOf } from './request_code.js';
import { firstLanguage, problemIn, sayer } from './texts.js';

const POLL_MS = 5000;
const LINKS_MS = 30000;
const TIMEOUT_MS = 30000;
const SHOWN_CLASSES = 10;
const UNAUTHORIZED = 401;
const LANGUAGE_KEY = 'inference-page-language';
const API_KEY_KEY = 'inference-page-api-key';
const LOOPBACK = /^(localhost|127\.\d+\.\d+\.\d+|\[?::1\]?)$/;

const root = new URL(document.documentElement.dataset.root, location.href);
const find = (id) => document.getElementById(id);

let language = firstLanguage(remembered('localStorage', LANGUAGE_KEY), navigator.languages);
let t = sayer(language);
let model = null; // what GET /model said last
let reachable = true;
let links = null; // what GET / said last, as JSON
let fields = [];
let served = null; // the last model that was ready: the form is for it
let shape = ''; // what the form depends on
const entered = new Map(); // what was entered in a field, by its name: models may come and go
let outcome = null; // of the last request, to say it again in another language
let asked = 0;
let apiKey = remembered('sessionStorage', API_KEY_KEY); // kept by the browser until the tab is closed
let needsKey = false; // a prediction was answered by 401

function remembered(storage, key) {
  try {
    return window[storage].getItem(key) ?? '';
  } catch {
    return ''; // the browser stores nothing for this page
  }
}

function remember(storage, key, value) {
  try {
    window[storage].setItem(key, value);
  } catch {
    // It lasts until the page is closed.
  }
}

const number = (value, digits = 4) =>
  new Intl.NumberFormat(language, { maximumSignificantDigits: digits }).format(value);
const percent = (share, digits = 1) =>
  new Intl.NumberFormat(language, { style: 'percent', maximumFractionDigits: digits }).format(share);
const moment = (iso) =>
  new Intl.DateTimeFormat(language, { dateStyle: 'medium', timeStyle: 'medium' }).format(new Date(iso));

// --- The model ---

async function refreshModel() {
  try {
    const response = await fetch(new URL('model', root), { cache: 'no-store', signal: AbortSignal.timeout(TIMEOUT_MS) });
    if (!response.ok) throw new TypeError(`status ${response.status}`);
    const found = parseJson(await response.text());
    model = found;
    reachable = true;
    showModel();
    updateForm();
  } catch (error) {
    // No connection, the answer of a proxy, or none in time: the next poll may be luckier.
    if (!(error instanceof TypeError || error instanceof SyntaxError || error instanceof DOMException)) throw error;
    reachable = false;
    showModel();
  }
}

function showModel() {
  const state = find('state');
  const reloadError = model?.last_reload_error ?? null;
  let said = t('loading');
  if (!reachable) said = t('unreachable');
  else if (model?.ready) said = t('ready', { name: model.name, version: model.version });
  else if (model) said = reloadError ? t('notReady', { reason: reloadError.detail }) : t('notReadyYet');
  if (state.textContent !== said) state.textContent = said; // announced only when it changes
  state.className = model?.ready && reachable ? 'good' : 'bad';
  const notes = [];
  if (model?.ready && reloadError) notes.push(make('li', { className: 'bad' }, t('notTaken', { reason: reloadError.detail })));
  for (const text of model?.warnings ?? []) notes.push(make('li', {}, t('warning', { text })));
  find('notes').replaceChildren(...notes);
  const kind = [model?.estimator, model?.flavor].filter(Boolean).join(', ');
  const path = [model?.predict_path, model?.predict_path_reason].filter(Boolean).join(': ');
  showFacts('facts', [
    ['name', model?.name],
    ['version', model?.version],
    ['alias', model?.alias],
    ['since', model?.loaded_since && moment(model.loaded_since)],
    ['kind', kind],
    ['path', path],
  ]);
  showChallenger(model?.challenger ?? null);
  showDrift(model?.drift ?? null);
}

function showFacts(id, facts) {
  const known = facts.filter(([, value]) => value !== undefined && value !== null && value !== '');
  find(id).replaceChildren(
    ...known.map(([key, value]) => make('div', {}, make('dt', {}, t(key)), make('dd', {}, String(value)))),
  );
}

function showChallenger(challenger) {
  find('challenger-section').hidden = challenger === null;
  if (challenger === null) return;
  const { agreement } = challenger;
  const compared = agreement && Number(agreement.rows) > 0;
  const differs = compared && typeof agreement.mean_absolute_difference === 'number';
  const share = (value) => percent(Number(value ?? 0) / 100);
  showFacts('challenger', [
    ['version', challenger.version],
    ['alias', challenger.alias],
    ['state', ['serving', 'loading', 'refused', 'failing'].includes(challenger.state) ? t(`state_${challenger.state}`) : challenger.state],
    ['reason', challenger.reason],
    ['shadow', t('shadowed', { percent: share(challenger.shadow_percent) })],
    ['canary', t('canaried', { percent: share(challenger.canary_percent) })],
    ['agreement', compared ? t('agreed', { equal: number(agreement.equal, 9), rows: number(agreement.rows, 9) }) : ''],
    ['difference', differs ? t('differed', {
      absolute: number(agreement.mean_absolute_difference),
      relative: percent(agreement.mean_relative_difference ?? 0, 2),
    }) : ''],
    ['problems', (challenger.problems ?? []).join('; ')],
  ]);
}

function showDrift(drift) {
  find('drift-section').hidden = drift === null;
  if (drift === null) return;
  const reason = drift.reason ?? '';
  find('drift-state').textContent = drift.profile
    ? `${t('driftRows', { rows: number(drift.rows ?? 0, 9) })} ${reason}`.trim()
    : t('noDrift', { reason });
  if (!drift.profile) {
    find('drift').replaceChildren();
    return;
  }
  const meaning = (psi) => (psi < 0.1 ? 'stable' : psi < 0.25 ? 'moved' : 'shifted');
  const rows = [...Object.entries(drift.columns ?? {}), [null, drift.prediction ?? null]];
  find('drift').replaceChildren(table(
    ['column', 'psi', 'meaning'],
    rows.map(([name, psi]) => [
      name === null ? make('em', {}, t('predictions')) : name,
      psi === null ? '–' : number(psi, 3),
      t(psi === null ? 'few' : meaning(psi)),
    ]),
  ));
}

function table(headings, rows, caption = null) {
  const head = headings.map((key) => make('th', { scope: 'col' }, t(key)));
  const body = rows.map(([first, ...others]) =>
    make('tr', {}, make('th', { scope: 'row' }, first), ...others.map((cell) => make('td', {}, cell))));
  return make(
    'table',
    {},
    caption === null ? null : make('caption', {}, caption),
    make('thead', {}, make('tr', {}, ...head)),
    make('tbody', {}, ...body),
  );
}

// --- The form ---

/** What the form depends on; a new version of the same shape leaves it alone. */
const shapeOf = (found) => literalOf([
  ...found.signature.map(({ name, type, required }) => [name, type, required, own(found.choices, name) ?? []]),
  found.outputs,
]);

/** A member of a JSON object; a column may have the name of something that every object inherits. */
const own = (object, name) => (object && Object.hasOwn(object, name) ? object[name] : undefined);

function updateForm() {
  if (!model.ready) return;
  const earlier = served;
  served = model;
  const isOther = shapeOf(served) !== shape;
  if (isOther) buildForm();
  for (const id of ['form-section', 'answer-section', 'code-section']) find(id).hidden = false;
  if (earlier !== null && earlier.version !== served.version) {
    find('answer').replaceChildren(make('p', {}, t(isOther ? 'rebuilt' : 'swapped', { version: served.version })));
    find('probabilities').replaceChildren();
    outcome = null;
  }
}

/** Build the fields; what was entered stays in a field of the same name where it fits. */
function buildForm() {
  shape = shapeOf(served);
  for (const field of fields) if (field.state() !== null) entered.set(field.name, field.state());
  const focused = fields.find((field) => field.has(document.activeElement))?.name;
  fields = served.signature.map((column, index) => makeField(
    index,
    column,
    own(served.example, column.name),
    own(served.choices, column.name) ?? [],
    entered.get(column.name) ?? null,
    t,
  ));
  find('fields').replaceChildren(...fields.map((field) => field.element));
  if (focused !== undefined) (fields.find((field) => field.name === focused) ?? { focus: () => find('fields').focus() }).focus();
  showCode();
}

const row = () => fields
  .map((field) => [field.name, field.literal()])
  .filter(([, literal]) => literal !== null);

function predictUrl() {
  const query = served.outputs.includes('probabilities') ? '?probabilities=true' : '';
  return new URL(`predict${query}`, root).href;
}

function showCode() {
  find('curl').textContent = curlOf(predictUrl(), row(), needsKey);
  find('python').textContent = pythonOf(predictUrl(), row(), needsKey);
}

async function send() {
  for (const field of fields) field.show('');
  const incomplete = fields.filter((field) => field.incomplete());
  if (incomplete.length > 0) {
    for (const field of incomplete) field.show(t('incomplete'));
    incomplete[0].focus();
    return;
  }
  asked += 1;
  const mine = asked;
  const start = performance.now();
  const found = await answerOf(predictUrl(), jsonOf(row()));
  if (mine !== asked) return; // a later request replaces it
  outcome = { ...found, ms: performance.now() - start };
  if (outcome.status === UNAUTHORIZED && !needsKey) {
    needsKey = true;
    find('key-row').hidden = false;
    showCode();
  }
  showOutcome({ focus: true });
  if (found.version !== model.version || found.status !== 200) await refreshModel();
}

async function answerOf(url, body) {
  const hasKey = apiKey !== '';
  // No header can have other characters, and no key has them.
  if (!/^[!-~]*$/.test(apiKey)) return { status: UNAUTHORIZED, version: null, content: {}, hasKey };
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', ...(hasKey ? { 'X-API-Key': apiKey } : {}) },
      body,
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    const text = await response.text();
    const about = { status: response.status, version: response.headers.get('X-Model-Version'), hasKey };
    try {
      return { ...about, content: parseJson(text) };
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
      return { ...about, content: null };
    }
  } catch (error) {
    if (!(error instanceof TypeError || error instanceof DOMException)) throw error;
    return { status: 0, version: null, content: null, timedOut: error.name === 'TimeoutError' };
  }
}

function showOutcome({ focus }) {
  const { status, content, version, ms, timedOut, hasKey } = outcome;
  find('probabilities').replaceChildren();
  find('key').setAttribute('aria-invalid', String(status === UNAUTHORIZED));
  if (status === UNAUTHORIZED) {
    find('answer').replaceChildren(make('p', { className: 'problem' }, t(hasKey ? 'keyUnknown' : 'keyNeeded')));
    if (focus) find('key').focus();
    return;
  }
  if (status === 200 && content !== null) {
    const { prediction } = content;
    find('answer').replaceChildren(
      make('p', { className: 'prediction' },
        make('span', { className: 'hint' }, `${t('prediction')} `),
        make('output', {}, typeof prediction === 'string' ? prediction : literalOf(prediction))),
      make('p', {}, t('answeredBy', { version: version ?? '?', ms: number(ms, 3) })),
    );
    if (content.probabilities) showProbabilities(content.probabilities);
    return;
  }
  const problems = content?.fields ?? [];
  const [shown, others] = spread(problems);
  let sentence = t('failed', { status });
  if (status === 0) sentence = t(timedOut ? 'timedOut' : 'unreachableNow');
  else if (content === null) sentence = t('noJson', { status });
  else if (shown.length > 0) sentence = t('fieldProblems');
  const details = shown.length > 0 && others.length === 0 ? [] : [content?.detail ?? '', ...others].filter(Boolean);
  find('answer').replaceChildren(
    make('p', { className: 'problem' }, sentence),
    ...details.map((text) => make('p', { lang: 'en' }, text)),
  );
  if (focus) shown[0]?.focus();
}

/** Show each problem at its field; returns these fields, and the problems of no field of the form. */
function spread(problems) {
  const shown = [];
  const others = [];
  for (const { field: name, problem } of problems) {
    const marked = fields.filter((field) => ([...field.name].slice(0, 100).join('') || '""') === name);
    for (const field of marked) field.show(...problemIn(language, problem));
    shown.push(...marked);
    if (marked.length === 0) others.push(`${name}: ${problem}`);
  }
  return [shown, others];
}

function showProbabilities(probabilities) {
  const sorted = Object.entries(probabilities).sort(([, one], [, other]) => other - one);
  const rows = (entries) => entries.map(([name, share]) => {
    const bar = make('span', { className: 'bar', 'aria-hidden': 'true' }, make('span'));
    bar.firstChild.style.width = `${100 * share}%`;
    return [name, make('span', { className: 'share' }, percent(share, 2)), bar];
  });
  const shown = tableOfClasses(rows(sorted.slice(0, SHOWN_CLASSES)), t('probabilities'));
  find('probabilities').replaceChildren(shown);
  const rest = sorted.slice(SHOWN_CLASSES);
  if (rest.length > 0) {
    const more = make('summary', {}, t('moreClasses', { count: rest.length }));
    find('probabilities').append(make('details', {}, more, tableOfClasses(rows(rest), null)));
  }
}

function tableOfClasses(rows, caption) {
  return table(['class', 'probability'], rows.map(([name, share, bar]) => {
    const cell = document.createDocumentFragment();
    cell.append(share, bar);
    return [name, cell];
  }), caption);
}

// --- Links, texts, events ---

async function refreshLinks() {
  try {
    const response = await fetch(root, {
      headers: { Accept: 'application/json' },
      cache: 'no-store',
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    if (!response.ok) return;
    links = await response.json();
    showLinks();
  } catch (error) {
    if (!(error instanceof TypeError || error instanceof SyntaxError || error instanceof DOMException)) throw error;
  }
}

function showLinks() {
  const own = [['docs', 'docs'], ['redoc', 'redoc'], ['openapi', 'openapi.json'], ['modelJson', 'model'], ['metrics', 'metrics']];
  const items = own.map(([key, path]) => make('a', { href: new URL(path, root).href }, t(key)));
  for (const page of (links?.pages ?? []).filter(({ open }) => open)) {
    const host = hostOf(page.bind);
    items.push(host === null
      ? `${page.name} (${t('onlyThere')}, ${page.port})`
      : make('a', { href: `http://${host}:${page.port}/` }, page.name));
  }
  find('links').replaceChildren(...items.map((item) => make('li', {}, item)));
}

/** Where a browser finds a page that is published on an address of the server; null when it cannot. */
function hostOf(bind) {
  if (bind === '0.0.0.0' || bind === '::') return location.hostname;
  if (LOOPBACK.test(bind)) return LOOPBACK.test(location.hostname) ? location.hostname : null;
  return bind.includes(':') ? `[${bind}]` : bind;
}

function showTexts() {
  t = sayer(language);
  document.documentElement.lang = language;
  for (const element of document.querySelectorAll('[data-text]')) element.textContent = t(element.dataset.text);
  for (const element of document.querySelectorAll('[data-label]')) element.setAttribute('aria-label', t(element.dataset.label));
  for (const button of document.querySelectorAll('[data-language]')) {
    button.setAttribute('aria-pressed', String(button.dataset.language === language));
  }
  find('copied').textContent = '';
  showModel();
  showLinks();
  if (served !== null) buildForm();
  if (outcome !== null) showOutcome({ focus: false });
}

async function copy(name) {
  const element = find(name);
  let done = true;
  try {
    await navigator.clipboard.writeText(element.textContent);
  } catch {
    // Without TLS browsers have no clipboard for pages, except on this machine itself.
    const range = document.createRange();
    range.selectNodeContents(element);
    getSelection().removeAllRanges();
    getSelection().addRange(range);
    done = document.execCommand('copy');
  }
  find('copied').textContent = t(done ? 'copied' : 'notCopied', { name: find(`${name}-heading`).textContent });
}

/** Repeat a task while the page is looked at, and at once when it is looked at again. */
function repeat(task, interval) {
  let timer = 0;
  const run = async () => {
    clearTimeout(timer);
    if (!document.hidden) {
      await task();
      clearTimeout(timer); // two runs may have overlapped
      timer = setTimeout(run, interval);
    }
  };
  document.addEventListener('visibilitychange', run);
  run();
}

document.querySelector('main').hidden = false;
find('form').addEventListener('submit', (event) => {
  event.preventDefault();
  send();
});
for (const event of ['input', 'change']) find('form').addEventListener(event, showCode);
find('key').value = apiKey;
find('key').addEventListener('input', () => {
  apiKey = find('key').value.trim();
  remember('sessionStorage', API_KEY_KEY, apiKey);
});
find('reset').addEventListener('click', () => {
  fields = [];
  entered.clear();
  buildForm();
});
for (const button of document.querySelectorAll('[data-language]')) {
  button.addEventListener('click', () => {
    language = button.dataset.language;
    remember('localStorage', LANGUAGE_KEY, language);
    showTexts();
  });
}
for (const button of document.querySelectorAll('[data-copy]')) {
  button.addEventListener('click', () => copy(button.dataset.copy));
}
showTexts();
repeat(refreshModel, POLL_MS);
repeat(refreshLinks, LINKS_MS);
