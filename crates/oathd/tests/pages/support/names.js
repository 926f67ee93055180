// What a person calls the things on a page. The tests' own part: no page of ours gets it.

const KINDS = {
  field: 'input:not([type=hidden], [type=submit], [type=button], [type=reset]), select, textarea',
  button: 'button, input[type=submit], input[type=button], input[type=reset], summary, [role=button]',
  link: 'a[href]',
  group: 'fieldset, [role=group], [role=radiogroup]',
};

const squeeze = text => text.replace(/\s+/g, ' ').trim();

function words(element) {
  const copy = element.cloneNode(true);
  copy.querySelectorAll('input, select, textarea, script, style, [aria-hidden=true]').forEach(part => part.remove());
  return squeeze(copy.textContent);
}

function nameOf(element) {
  const ids = element.getAttribute('aria-labelledby')?.split(/\s+/) ?? [];
  const labels = ids.map(id => document.getElementById(id)).filter(Boolean);
  if (labels.length) return squeeze(labels.map(words).join(' '));
  if (element.ariaLabel) return squeeze(element.ariaLabel);
  if (element.labels?.length) return squeeze([...element.labels].map(words).join(' '));
  if (element.matches('fieldset')) return words(element.querySelector('legend') ?? element);
  if (element.matches('input')) return squeeze(element.value);
  // What is folded goes by its title; behind that stands who needs it.
  if (element.matches('summary')) return words(element.querySelector('.what') ?? element);
  return words(element) || squeeze(element.title || element.querySelector('img')?.alt || '');
}

// Behind an open window nothing can be used.
const isBehind = element => [...document.querySelectorAll('dialog:modal')].some(dialog => !dialog.contains(element));
const isOff = element => element.matches(':disabled, [aria-disabled=true]') || element.closest('[inert]') || isBehind(element);

const things = kind => [...document.querySelectorAll(KINDS[kind])].filter(element => element.checkVisibility({ visibilityProperty: true }));

function choices(label) {
  const called = kind => things(kind).filter(element => nameOf(element) === label);
  const listed = called('field').filter(field => field.matches('select')).flatMap(field => [...field.options]);
  const radios = called('group').flatMap(group => [...group.querySelectorAll('input[type=radio]')]);
  return [...new Set([...listed, ...radios])];
}

const choiceName = choice => choice.matches('option') ? squeeze(choice.text) : nameOf(choice);

// The things of this kind and name that can be used; with an option, the choices of that name.
function find(kind, name, option) {
  if (option === null) return things(kind).filter(element => !isOff(element) && nameOf(element) === name);
  return choices(name).filter(choice => !isOff(choice) && choiceName(choice) === option);
}

// What there is instead.
function offers(kind, name, option) {
  const told = (element, called) => called + (isOff(element) ? ' (disabled)' : '');
  if (option !== null && choices(name).length) return choices(name).map(choice => told(choice, choiceName(choice)));
  return things(kind).map(element => told(element, nameOf(element)));
}

// The name of what has the focus.
const focused = () => document.activeElement === document.body ? '' : nameOf(document.activeElement);

// Whether one sees where the focus is: something is drawn around it, and nothing covers it.
function focusIsSeen() {
  const element = document.activeElement;
  const style = getComputedStyle(element);
  const isDrawn = style.outlineStyle !== 'none' || style.boxShadow !== 'none';
  // A link may go on in the next line.
  const [box] = element.getClientRects();
  // Of a large field, the browser shows where one writes.
  const [high, low] = [Math.max(box.top, 0), Math.min(box.bottom, innerHeight)];
  const top = document.elementFromPoint(box.x + box.width / 2, (high + low) / 2);
  return isDrawn && (element.contains(top) || [...element.labels ?? []].some(label => label.contains(top)));
}

// What can have the focus, and does not show it.
function unseenFocus() {
  const stops = ['field', 'button', 'link'].flatMap(things).filter(element => !isOff(element) && element.tabIndex >= 0);
  const isSeen = element => {
    // Where it is already, nothing would be drawn.
    element.blur();
    element.focus({ focusVisible: true });
    return document.activeElement === element && focusIsSeen();
  };
  const unseen = stops.filter(element => !isSeen(element)).map(element => element.cloneNode(false).outerHTML);
  document.activeElement?.blur();
  scrollTo(0, 0);
  return unseen;
}
