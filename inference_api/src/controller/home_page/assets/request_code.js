// The request of the form as a JSON body, and as code to copy.

const PYTHON_WORDS = { true: 'True', false: 'False', null: 'None' };

/**
 * The JSON object of a row.
 * @param {Array<[string, string]>} row Names with their values as JSON.
 */
export function jsonOf(row) {
  return `{${row.map(([name, literal]) => `${JSON.stringify(name)}: ${literal}`).join(', ')}}`;
}

/**
 * A command for a POSIX shell: within single quotes only the single quote itself has a meaning.
 * @param {string} url Where to ask.
 * @param {Array<[string, string]>} row Names with their values as JSON.
 * @param {boolean} needsKey Whether it sends an API key, which is not written into it.
 */
export function curlOf(url, row, needsKey) {
  const quoted = (text) => `'${text.replaceAll("'", "'\\''")}'`;
  return [
    `curl -X POST ${quoted(url)} \\`,
    `  -H 'Content-Type: application/json' \\`,
    ...(needsKey ? ['  -H "X-API-Key: $API_KEY" \\'] : []),
    `  -d ${quoted(jsonOf(row))}`,
  ].join('\n');
}

/** The same as a program that needs only Python: texts in JSON are texts in Python, and so are numbers. */
export function pythonOf(url, row, needsKey) {
  const entries = row.map(([name, literal]) => `    ${JSON.stringify(name)}: ${PYTHON_WORDS[literal] ?? literal},\n`);
  const [imported, header] = needsKey ? ['import os\n', ', "X-API-Key": os.environ["API_KEY"]'] : ['', ''];
  return `import json
${imported}from urllib.request import Request, urlopen

row = {
${entries.join('')}}
request = Request(
    ${JSON.stringify(url)},
    json.dumps(row).encode(),
    {"Content-Type": "application/json"${header}},
)
with urlopen(request, timeout=30) as response:
    print(json.load(response))`;
}
