/** An element with a text or with elements inside; undefined leaves are left out. */
export type Xml = [name: string, content: string | number | boolean | ReadonlyArray<Xml | undefined>];

/** A document. The namespace is that of the header family. */
export function xmlDocument([name, content]: Xml, namespace?: string): string {
  const attribute = namespace === undefined ? '' : ` xmlns="${namespace}"`;
  return `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n<${name}${attribute}>${inner(content)}</${name}>`;
}

function element([name, content]: Xml): string {
  return `<${name}>${inner(content)}</${name}>`;
}

function inner(content: Xml[1]): string {
  if (typeof content !== 'object') return escapeXml(String(content));
  return content.map((child) => (child === undefined ? '' : element(child))).join('');
}

function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}
