// The request of the form as a JSON body, and as code to copy.

const PYTHON_WORDS = { true: 'True', false: 'False', null: 'None' };

/**
 * The JSON object of a row.
 * @param {Array<[string, string]>} row Names with their values as JSON.
 */
export function jsonOf(row) {
  return `{${row.map(([name, literal]) => `${JSON.stringify(name)}: ${literal}`).join(', ')}}`;
}

/** A command for a POSIX shell: within single quotes only the single quote itself has a meaning. */
export function curlOf(url, row) {
  const quoted = (text) => `'${text.replaceAll("'", "'\\''")}'`;
  return [
    `curl -X POST ${quoted(url)} \\`,
    `  -H 'Content-Type: application/json' \\`,
    `  -d ${quoted(jsonOf(row))}`,
  ].join('\n');
}

/** A program that needs only Python: texts in JSON are texts in Python, and so are numbers. */
export function pythonOf(url, row) {
  const entries = row.map(([name, literal]) => `    ${JSON.stringify(name)}: ${PYTHON_WORDS[literal] ?? literal},\n`);
  return `import json
from urllib.request import Request, urlopen

row = {
${entries.join('')}}
request = Request(
    ${JSON.stringify(url)},
    json.dumps(row).encode(),
    {"Content-Type": "application/json"},
)
with urlopen(request, timeout=30) as response:
    print(json.load(response))`;
}
