// The peer of docs/serving: fill-mask by Transformers.js. It reads questions from a file of JSON texts and answers one line of standard
// input with one line of standard output: "ids" with the subwords of each text, "round" with what was answered and how long each took.
//
//	node fill-mask.mjs DIRECTORY QUESTIONS THREADS
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { env, pipeline } from '@huggingface/transformers';

const [directory, questions, threads] = process.argv.slice(2);
env.allowRemoteModels = false;
env.localModelPath = '';
const texts = JSON.parse(readFileSync(questions, 'utf8'));
const fill = await pipeline('fill-mask', directory, { dtype: 'int8', device: 'cpu', session_options: { intraOpNumThreads: Number(threads), interOpNumThreads: 1 } });
const say = (answer) => process.stdout.write(`${JSON.stringify(answer)}\n`);

// The forward pass is timed where the pipeline calls it.
const model = fill.model;
let passed = 0;
fill.model = async (inputs) => {
  const began = performance.now();
  const out = await model(inputs);
  passed = performance.now() - began;
  return out;
};

async function round() {
  const [ms, forward, top] = [[], [], []];
  for (const text of texts) {
    const began = performance.now();
    const answer = await fill(text, { top_k: 5 });
    ms.push(performance.now() - began);
    forward.push(passed);
    top.push(answer.map(({ token, score }) => ({ token, score })));
  }
  return { ms, forward, top };
}

for await (const line of createInterface({ input: process.stdin })) {
  if (line === 'ids') say(texts.map((text) => Array.from(fill.tokenizer(text).input_ids.data, Number)));
  else if (line === 'round') say(await round());
}
