// Step three of the journey with the types that openapi-typescript makes of the contract.
// Arguments: ADDRESS TOKENS PROPOSAL WORKBOOK QUESTIONS
import { readFile } from "node:fs/promises";
import createClient from "openapi-fetch";
import type { components, paths } from "./contract.js";

type Answer = components["schemas"]["FormMappingIn"]["questions"][string];

const [address, tokens, proposal, workbook, questions] = process.argv.slice(2) as [
  string, string, string, string, string,
];
const bearer = JSON.parse(tokens) as Record<string, string>;

function as(person: string) {
  return createClient<paths>({
    baseUrl: address,
    headers: { Authorization: `Bearer ${bearer[person]}` },
  });
}

function said<T>(answer: { data?: T; error?: unknown }): T {
  if (answer.data === undefined) throw new Error(JSON.stringify(answer.error));
  return answer.data;
}

const ana = as("ana-oviedo");
const elena = as("elena-oviedo");
const day = 86_400_000;
const instant = (days: number) => new Date(Date.now() + days * day).toISOString();

const edition = said(
  await ana.POST("/v1/editions", {
    body: {
      proposal,
      start: instant(20).slice(0, 10),
      end: instant(60).slice(0, 10),
      time_zone: "Europe/Madrid",
      registration_opens: instant(-10),
      registration_closes: instant(2),
      mode: "provisional",
      grace_minutes: 0,
      overrides_allowed: false,
    },
  }),
);
const path = { edition: edition.id };
const seen = await ana.GET("/v1/editions/{edition}", { params: { path } });
// Its window has begun, so that the timer may open it at the same moment: then this is refused.
await ana.POST("/v1/editions/{edition}/open", {
  params: { path, header: { "If-Match": seen.response.headers.get("etag") ?? "" } },
  body: { reason: "the client's own test" },
});
const opened = said(await ana.GET("/v1/editions/{edition}", { params: { path } }));
if (opened.state !== "open") throw new Error(`the edition is ${opened.state}`);

const states: [string, string][] = [];
for (const [person, institution] of [["learner-1", "UNIOVI"], ["learner-2", "HKA"]] as const) {
  const made = said(
    await as(person).POST("/v1/editions/{edition}/registrations", {
      params: { path },
      body: {
        full_name: person,
        email: `${person}@example.org`,
        institution,
        privacy_notice: true,
        language: "en",
        for_another: false,
      },
    }),
  );
  states.push([made.state, made.reason]);
}

said(
  await elena.PUT("/v1/editions/{edition}/forms/{form}", {
    params: { path: { ...path, form: "form-1" } },
    body: {
      time_zone: "Europe/Madrid",
      questions: JSON.parse(questions) as Record<string, Answer>,
      language: "en",
    },
  }),
);
const content = await readFile(workbook);
const started = said(
  await elena.POST("/v1/editions/{edition}/imports", {
    params: { path, query: { dry_run: true } },
    body: { file: "registrations.xlsx", form: "form-1" },
    bodySerializer: () => {
      const form = new FormData();
      form.append("file", new Blob([new Uint8Array(content)]), "registrations.xlsx");
      form.append("form", "form-1");
      return form;
    },
  }),
);

async function finished(job: string): Promise<string> {
  for (let tries = 0; tries < 300; tries += 1) {
    const found = said(await elena.GET("/v1/jobs/{job}", { params: { path: { job } } }));
    if (["succeeded", "failed", "cancelled"].includes(found.state)) return found.state;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  throw new Error("the job did not end");
}

await finished(started.job);
const dry = said(
  await elena.GET("/v1/imports/{import_id}", { params: { path: { import_id: started.import_id } } }),
);
const committed = said(
  await elena.POST("/v1/editions/{edition}/imports", {
    params: { path, query: { plan_token: dry.plan_token ?? "" } },
  }),
);
const commit = await finished(committed.job);
const places = said(await elena.GET("/v1/editions/{edition}/places", { params: { path } }));
if (typeof places === "string") throw new Error("JSON was expected");
console.log(JSON.stringify({ states, verdicts: dry.verdicts, commit, placed: places.placed }));
