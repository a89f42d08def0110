import Handlebars from 'handlebars';
import { parentPort, workerData } from 'node:worker_threads';
import { headerText } from '../../domain/delivery/mail-header.ts';
import { readerOf, TEMPLATE_HELPERS, type Reader } from '../../domain/template/template-helpers.ts';
import { mimeMessage, type MailHeaders } from './mime.ts';

export interface TemplateText {
  /** What makes it this version: project, key and version. */
  id: string;
  subject: string;
  html: string;
  text: string;
}

export interface Rendered {
  subject: string;
  html: string;
  text: string;
}

/** What comes back for one message: what it says, or, where it has headers, all of it as it goes on the wire. */
export type RenderResult = { rendered: Rendered } | { raw: Uint8Array } | { error: string };

export interface RenderBatch {
  templates: TemplateText[];
  messages: { template: string; data: Record<string, unknown>; headers?: MailHeaders }[];
}

const MAX_OUTPUT = 2_000_000;
const MAX_TEMPLATES = 300;
const RUNTIME = { allowProtoPropertiesByDefault: false, allowProtoMethodsByDefault: false };
const FALLBACK: Reader = { locale: 'en', timezone: 'UTC', currency: 'USD' };

const handlebars = Handlebars.create();
for (const name of Object.keys(handlebars.helpers)) if (!['if', 'unless', 'each', 'with'].includes(name)) handlebars.unregisterHelper(name);

let reader = FALLBACK;
for (const [name, helper] of Object.entries(TEMPLATE_HELPERS))
  handlebars.registerHelper(name, (...values: unknown[]) => {
    try {
      return helper.format(values.slice(0, -1), reader);
    } catch (error) {
      throw new Error(`{{${name}}}: ${(error as Error).message}`, { cause: error });
    }
  });

/** `{{coupon.code}}` that has no value must not become a mail without a code; null is a value, and prints nothing. */
handlebars.registerHelper('required', (value: unknown, name: string) => {
  if (value === undefined) throw new Error(`${name} has no value`);
  if (typeof value === 'object' && value !== null) throw new Error(`${name} is not a text`);
  return value;
});

class RequiredValues extends Handlebars.Visitor {
  override MustacheStatement(mustache: hbs.AST.MustacheStatement): void {
    const path = mustache.path as hbs.AST.PathExpression;
    if (mustache.params.length > 0 || path.type !== 'PathExpression') return;
    mustache.params = [
      path,
      { type: 'StringLiteral', value: path.original, original: path.original, loc: path.loc } as hbs.AST.StringLiteral,
    ];
    mustache.path = {
      type: 'PathExpression',
      data: false,
      depth: 0,
      parts: ['required'],
      original: 'required',
      loc: path.loc,
    } as hbs.AST.PathExpression;
  }
}

type Template = (data: Record<string, unknown>) => string;

const compile = (source: string, noEscape: boolean): Template => {
  const program = handlebars.parse(source);
  new RequiredValues().accept(program);
  const template = handlebars.compile(program, { noEscape, knownHelpersOnly: true, knownHelpers: knownHelpers() });
  return (data) => {
    const output = template(data, RUNTIME);
    if (output.length > MAX_OUTPUT) throw new Error(`the mail is longer than ${MAX_OUTPUT} characters`);
    return output;
  };
};

const knownHelpers = () => Object.fromEntries(Object.keys(handlebars.helpers).map((name) => [name, true]));

const compiled = new Map<string, { subject: Template; html: Template; text: Template }>();

const templateOf = (source: TemplateText | undefined): { subject: Template; html: Template; text: Template } => {
  if (!source) throw new Error('the template is not known');
  const known = compiled.get(source.id);
  if (known) return known;
  const made = { subject: compile(source.subject, true), html: compile(source.html, false), text: compile(source.text, true) };
  if (compiled.size >= MAX_TEMPLATES) compiled.clear();
  compiled.set(source.id, made);
  return made;
};

const render = (source: TemplateText | undefined, { data, headers }: RenderBatch['messages'][number]): RenderResult => {
  try {
    const template = templateOf(source);
    const customer = (data['customer'] ?? {}) as { locale?: unknown; timezone?: unknown };
    reader = readerOf({ ...customer, currency: data['currency'] }, FALLBACK);
    const rendered = { subject: headerText(template.subject(data)), html: template.html(data), text: template.text(data) };
    return headers ? { raw: mimeMessage(headers, rendered) } : { rendered };
  } catch (error) {
    return { error: (error as Error).message };
  }
};

/** Which message is being rendered, for the one who has to end this thread. */
const progress = new Int32Array(workerData as SharedArrayBuffer);

parentPort?.on('message', ({ templates, messages }: RenderBatch) => {
  const sources = new Map(templates.map((template) => [template.id, template]));
  const results = messages.map((message, index) => {
    Atomics.store(progress, 0, index);
    return render(sources.get(message.template), message);
  });
  parentPort?.postMessage(results);
});
parentPort?.postMessage('ready');
