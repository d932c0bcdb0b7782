/** This very job, asked for again from a program: address and options filled in. */
export interface Recipe {
  /** Where the service is, without a slash at its end. */
  readonly baseUrl: string;
  readonly jobId: string;
  readonly fileName: string;
  /** As they were handed in, without defaults: the job's own `options`. */
  readonly options: Readonly<Record<string, string | number | boolean>>;
  /** The service asks for a key. */
  readonly needsKey: boolean;
  /** Comments, in the reader's language. */
  readonly notes: { readonly again: string; readonly text: string };
}

export const WAYS = ["curl", "python", "typescript", "openai"] as const;
export type Way = (typeof WAYS)[number];

const KEY = "RETENDER_API_KEY";

/** The parameters that OpenAI's client has by name; the service takes its own in `extra_body`. */
const OPENAI_HAS = {
  transcriptions: ["language", "prompt", "temperature"],
  translations: ["prompt", "temperature"],
} as const;
/** In OpenAI's interface the method, the format and the granularity say these. */
const SAID_OTHERWISE = new Set(["model", "task", "word_timestamps", "return_timestamps"]);

export function snippet(way: Way, recipe: Recipe): string {
  return { curl, python, typescript, openai }[way](recipe);
}

function curl({ baseUrl, jobId, fileName, options, needsKey, notes }: Recipe): string {
  const key = needsKey ? [`  -H "Authorization: Bearer $${KEY}"`] : [];
  // With -F a semicolon would end the value, and @ at its beginning would name a file.
  const fields = Object.entries(options).map(
    ([name, value]) => `  --form-string ${shell(`${name}=${value}`)}`,
  );
  const submit = [
    `curl ${shell(`${baseUrl}/transcribe-job`)}`,
    ...key,
    `  -F ${shell(`file=@"${fileName.replaceAll(/["\\]/g, "\\$&")}"`)}`,
    ...fields,
  ];
  const result = [`curl ${shell(`${baseUrl}/job/${jobId}/result?format=srt`)}`, ...key];
  const join = (lines: readonly string[]) => lines.join(" \\\n");
  return `# ${notes.again}\n${join(submit)}\n\n# ${notes.text}\n${join(result)}\n`;
}

function python({ baseUrl, fileName, options, needsKey }: Recipe): string {
  const headers = needsKey ? `{"Authorization": f"Bearer {os.environ['${KEY}']}"}` : "{}";
  return `${needsKey ? "import os\n" : ""}import time

import requests  # pip install requests

service = requests.Session()
service.headers.update(${headers})
with open(${quoted(fileName)}, "rb") as recording:
    answer = service.post(
        ${quoted(`${baseUrl}/transcribe-job`)},
        files={"file": recording},
        data=${dict(options)},
    )
answer.raise_for_status()
job = f"${baseUrl}/job/{answer.json()['job_id']}"
while (state := service.get(job).json())["status"] not in ("completed", "failed", "cancelled"):
    print(state["message"], f"{state['progress']} %")
    time.sleep(2)
print(service.get(f"{job}/result", params={"format": "txt"}).text)
`;
}

function typescript({ baseUrl, fileName, options, needsKey }: Recipe): string {
  const headers = needsKey ? `{ Authorization: \`Bearer \${process.env.${KEY}}\` }` : "{}";
  const fields = Object.entries(options).map(
    ([name, value]) => `form.set(${quoted(name)}, ${quoted(String(value))});\n`,
  );
  return `import { openAsBlob } from "node:fs";

const service = ${quoted(baseUrl)};
const headers = ${headers};
const form = new FormData();
form.set("file", await openAsBlob(${quoted(fileName)}), ${quoted(fileName)});
${fields.join("")}
const ask = async (path: string, init: RequestInit = {}) => {
  const answer = await fetch(service + path, { headers, ...init });
  if (!answer.ok) throw new Error(await answer.text());
  return answer;
};

const { job_id } = await (await ask("/transcribe-job", { method: "POST", body: form })).json();
for (;;) {
  const job = await (await ask(\`/job/\${job_id}\`)).json();
  if (["completed", "failed", "cancelled"].includes(job.status)) break;
  console.log(job.message, job.progress);
  await new Promise((resolve) => setTimeout(resolve, 2000));
}
console.log(await (await ask(\`/job/\${job_id}/result?format=txt\`)).text());
`;
}

function openai({ baseUrl, fileName, options, needsKey }: Recipe): string {
  const method = options["task"] === "translate" ? "translations" : "transcriptions";
  const own = Object.entries(options).filter(([name]) => !SAID_OTHERWISE.has(name));
  const named = (OPENAI_HAS[method] as readonly string[]).flatMap((name) => {
    const value = options[name];
    return value === undefined
      ? []
      : [`${name}=${typeof value === "string" ? quoted(value) : value}`];
  });
  const others = own.filter(([name]) => !(OPENAI_HAS[method] as readonly string[]).includes(name));
  const more = [
    ...named,
    `response_format="verbose_json"`,
    ...(method === "transcriptions" && options["word_timestamps"] === true
      ? [`timestamp_granularities=["segment", "word"]`]
      : []),
    ...(others.length === 0 ? [] : [`extra_body=${dict(Object.fromEntries(others))}`]),
  ];
  return `${needsKey ? "import os\n\n" : ""}from openai import OpenAI  # pip install openai

client = OpenAI(
    base_url=${quoted(`${baseUrl}/v1`)},
    api_key=${needsKey ? `os.environ["${KEY}"]` : '"none"'},
)
with open(${quoted(fileName)}, "rb") as recording:
    answer = client.audio.${method}.create(
        model=${quoted(String(options["model"] ?? "whisper-1"))},
        file=recording,
${more.map((line) => `        ${line},`).join("\n")}
    )
for segment in answer.segments:
    print(f"{segment.start:8.2f} {segment.text}")
`;
}

/** One word for a POSIX shell, whatever is in it. */
function shell(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

/** A string literal of Python and of TypeScript. */
function quoted(text: string): string {
  return JSON.stringify(text);
}

/** Forms know only text: yes and no as the service reads them. */
function dict(options: Recipe["options"]): string {
  const pairs = Object.entries(options).map(
    ([name, value]) => `${quoted(name)}: ${quoted(String(value))}`,
  );
  return `{${pairs.join(", ")}}`;
}
