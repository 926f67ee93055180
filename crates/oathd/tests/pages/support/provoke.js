// Does to a page what people may do: touches all that listens, and follows every address that is a script.
function provoke(page) {
  for (const element of page.querySelectorAll('*')) {
    for (const { name } of [...element.attributes]) {
      if (name.startsWith('on')) element.dispatchEvent(new Event(name.slice(2)));
    }
    const address = element.href?.baseVal ?? element.href ?? element.formAction ?? '';
    if (isScript(address)) element.dispatchEvent(new MouseEvent('click', { bubbles: true, cancelable: true }));
    if (element.localName === 'form' && isScript(element.getAttribute('action'))) element.submit();
    // Pages of other origins are closed to this one.
    try { if (element.contentDocument) provoke(element.contentDocument); } catch { }
  }
}

const isScript = address => URL.parse(address, 'http://page.test')?.protocol === 'javascript:';

provoke(document);
