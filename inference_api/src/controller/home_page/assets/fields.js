// The fields of the form: one for each column of the model's signature.

const NUMBER = /^([+-]?)(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/;
const DATE_AND_TIME = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d(?:\.\d{1,3})?)?))?$/;

/** An element with attributes, properties and children; texts are never read as markup. */
export function make(tag, given = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(given)) {
    if (name in element && name !== 'list') element[name] = value;
    else element.setAttribute(name, value);
  }
  element.append(...children.filter((child) => child !== null));
  return element;
}

/** JSON whose whole numbers are exact: one beyond 2 to the power of 53 becomes a BigInt where the browser tells its digits. */
export function parseJson(text) {
  return JSON.parse(text, (_key, value, context) => {
    const source = context?.source ?? '';
    return typeof value === 'number' && !Number.isSafeInteger(value) && /^-?\d+$/.test(source) ? BigInt(source) : value;
  });
}

/** The JSON of a value that `parseJson` returned. */
export function literalOf(value) {
  if (typeof value === 'bigint') return String(value);
  if (Array.isArray(value)) return `[${value.map(literalOf).join(', ')}]`;
  return JSON.stringify(value);
}

/**
 * A number that was typed, as JSON; null when it is none.
 *
 * A comma is a decimal comma where it is the only mark. JSON has no plus sign, no zeros in front and no bare point.
 */
export function numberLiteral(typed) {
  const text = typed.replace(/\s/g, '').replace('\u2212', '-');
  const match = NUMBER.exec(/^[^.,]*,[^.,]*$/.test(text) ? text.replace(',', '.') : text);
  if (!match) return null;
  const [, sign, digits, exponent = ''] = match;
  const [whole, fraction = ''] = digits.split('.');
  const decimals = digits.includes('.') ? `.${fraction || '0'}` : '';
  return `${sign === '-' ? '-' : ''}${whole.replace(/^0+(?=\d)/, '') || '0'}${decimals}${exponent}`;
}

/** A text that is a JSON number, boolean or quoted text is that value in a column of any type; other texts are texts. */
function scalarLiteral(text) {
  const number = numberLiteral(text);
  if (number !== null) return number;
  try {
    const value = JSON.parse(text);
    if (['boolean', 'string'].includes(typeof value)) return JSON.stringify(value);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  return JSON.stringify(text);
}

/** What stands in a field for a value of the example: a text, and whether the value is missing. */
function entryOf(column, value) {
  if (value === undefined || value === null) return { text: '', missing: !column.required };
  const isText = typeof value === 'string';
  const ambiguous = column.type === 'any' && isText && scalarLiteral(value) !== JSON.stringify(value);
  return { text: isText && !ambiguous ? value : literalOf(value), missing: false };
}

/** The JSON of what stands in a field; null when there is no value to send. */
function entryLiteral(column, { text, missing }) {
  if (missing) return 'null';
  const isText = column.type === 'string' || column.type === 'any';
  if (!isText && text.trim() === '') return column.required ? null : 'null';
  if (column.type === 'number' || column.type === 'integer') return numberLiteral(text) ?? JSON.stringify(text);
  if (column.type === 'boolean') return text;
  return column.type === 'any' ? scalarLiteral(text) : JSON.stringify(text);
}

/** A control, with how its entry is read. */
function textControl(id, entry, attributes) {
  const input = make('input', { id, type: 'text', value: entry.text, autocomplete: 'off', spellcheck: false, ...attributes });
  return { controls: [input], parts: [input], read: () => ({ text: input.value, missing: false }) };
}

function freeText(id, column, entry, t) {
  const control = textControl(id, entry, {});
  if (column.required) return control;
  const [input] = control.controls;
  const box = make('input', { id: `${id}-missing`, type: 'checkbox', checked: entry.missing });
  const follow = () => { input.disabled = box.checked; };
  box.addEventListener('change', follow);
  follow();
  const label = make('label', { className: 'check' }, box, ` ${t('missing')}`);
  return {
    controls: [input, box],
    parts: [input, label],
    read: () => ({ text: input.value, missing: box.checked }),
  };
}

/** A list of values, with a field for another one where the column takes any text. */
function choice(id, column, entry, values, t, otherAllowed) {
  const select = make('select', { id });
  const add = (value, text) => select.append(make('option', { value }, text));
  values.forEach(({ text, shown }, index) => add(String(index), shown ?? (text === '' ? t('emptyText') : text)));
  if (!otherAllowed && column.required && !values.some(({ text }) => text === entry.text)) add('none', t('choose'));
  if (!column.required) add('missing', t('missing'));
  if (otherAllowed) add('other', t('other'));
  const chosen = values.findIndex(({ text }) => text === entry.text);
  if (entry.missing) select.value = 'missing';
  else if (chosen >= 0) select.value = String(chosen);
  else select.value = otherAllowed ? 'other' : column.required ? 'none' : 'missing';
  const other = make('input', {
    id: `${id}-other`,
    type: 'text',
    value: chosen >= 0 ? '' : entry.text,
    autocomplete: 'off',
    spellcheck: false,
    'aria-label': t('otherOf', { name: column.name }),
  });
  const follow = () => { other.hidden = select.value !== 'other'; };
  select.addEventListener('change', follow);
  follow();
  return {
    controls: otherAllowed ? [select, other] : [select],
    parts: otherAllowed ? [select, other] : [select],
    read: () => ({
      text: select.value === 'other' ? other.value : (values[Number(select.value)]?.text ?? ''),
      missing: select.value === 'missing',
    }),
  };
}

/** A date with an optional time; a text where the browser's controls would lose a part of it. */
function moment(id, column, entry, t) {
  const match = DATE_AND_TIME.exec(entry.text);
  if (entry.text !== '' && !match) return textControl(id, entry, {});
  const [date, time] = match ? [match[1], match[2] ?? ''] : ['', ''];
  const day = make('input', { id, type: 'date', value: date, max: '9999-12-31' });
  const step = time.includes('.') ? '0.001' : '1';
  const clock = make('input', { id: `${id}-time`, type: 'time', step, value: time });
  clock.setAttribute('aria-label', t('timeOf', { name: column.name }));
  return {
    controls: [day, clock],
    parts: [day, clock],
    read: () => ({
      text: clock.value ? `${day.value}T${clock.value}` : day.value,
      missing: false,
      incomplete: day.validity.badInput || clock.validity.badInput || (clock.value !== '' && day.value === ''),
    }),
  };
}

function controlOf(id, column, entry, choices, t) {
  if (column.type === 'boolean') {
    const values = ['true', 'false'].map((text) => ({ text, shown: `${t(text)} (${text})` }));
    return choice(id, column, entry, values, t, false);
  }
  if (column.type === 'datetime') return moment(id, column, entry, t);
  if (column.type === 'number') return textControl(id, entry, { inputMode: 'decimal' });
  if (column.type === 'integer') return textControl(id, entry, { inputMode: 'numeric' });
  if (choices.length > 0) {
    const values = choices.map((value) => ({ text: entryOf(column, value).text }));
    return choice(id, column, entry, values, t, true);
  }
  return freeText(id, column, entry, t);
}

/**
 * The field of a column.
 * @param {number} index Its place, for ids.
 * @param {object} column Its name, type and whether it is required.
 * @param {*} example Its value in the example; undefined without one.
 * @param {Array} choices Values of the training data, or none.
 * @param {?object} earlier `state()` of a field of the same name in an earlier form.
 * @param {function} t Texts of the page's language.
 */
export function makeField(index, column, example, choices, earlier, t) {
  const id = `field-${index}`;
  const kept = earlier && fits(earlier, column) ? earlier : null;
  const entry = kept ? kept.entry : entryOf(column, example);
  const { controls, parts, read } = controlOf(id, column, entry, choices, t);
  let edited = kept !== null;
  const hint = make('span', { id: `${id}-hint`, className: 'hint' }, hintOf(column, controls, t));
  const seen = make('span', { id: `${id}-seen`, className: 'hint seen' });
  const problem = make('span', { id: `${id}-problem`, className: 'problem' });
  const describe = () => {
    const literal = entryLiteral(column, read());
    const typed = controls[0].value.trim();
    const isNumber = column.type === 'number' || column.type === 'integer';
    seen.textContent = isNumber && numberLiteral(typed) !== null && literal !== typed ? t('readAs', { value: literal }) : '';
  };
  const show = (text, language = '') => {
    problem.textContent = text;
    problem.lang = language;
    for (const control of controls) {
      if (control.type !== 'checkbox') control.setAttribute('aria-invalid', String(text !== ''));
    }
  };
  for (const control of controls) {
    control.setAttribute('aria-describedby', `${hint.id} ${seen.id} ${problem.id}`);
    if (column.required && column.type !== 'string' && column.type !== 'any') control.required = control === controls[0];
    for (const event of ['input', 'change']) {
      control.addEventListener(event, () => {
        edited = true;
        show('');
        describe();
      });
    }
  }
  show('');
  describe();
  return {
    name: column.name,
    element: make(
      'div',
      { className: 'field' },
      make('label', { htmlFor: id }, column.name === '' ? '""' : column.name),
      hint,
      make('div', { className: 'controls' }, ...parts),
      seen,
      problem,
    ),
    focus: () => controls.find((control) => !control.hidden && !control.disabled)?.focus(),
    has: (element) => controls.includes(element),
    incomplete: () => read().incomplete === true,
    literal: () => entryLiteral(column, read()),
    show,
    state: () => (edited ? { type: column.type, entry: read() } : null),
  };
}

/** Whether what was entered for a column of an earlier model can stand in this one. */
function fits({ type, entry }, column) {
  const numeric = (kind) => kind === 'number' || kind === 'integer';
  if (type !== column.type && !(numeric(type) && numeric(column.type))) return false;
  return !(entry.missing && column.required);
}

function hintOf(column, controls, t) {
  const parts = [t(`type_${column.type}`)];
  if (!column.required) {
    const ownControl = controls.some((control) => control.type === 'checkbox' || control.tagName === 'SELECT');
    parts.push(t(ownControl ? 'optional' : 'optionalEmpty'));
  }
  if (column.type === 'datetime' && controls.length === 1) parts.push('ISO 8601');
  return parts.join(', ');
}
