import { readdirSync, readFileSync } from 'node:fs';
import { afterAll, describe, expect, test } from 'vitest';
import { compileTemplate, type CompiledTemplate } from '../../../activities/mail/compile.ts';
import { createMailRenderer, type RenderRequest } from '../../../activities/mail/render.ts';
import type { DomainError } from '../../../domain/errors.ts';
import { SAMPLE_DATA } from '../../../domain/template/variables.ts';

const EMAILS = new URL('../../../templates/emails/', import.meta.url);
const sourceOf = (file: string): string => readFileSync(new URL(file, EMAILS), 'utf8');
/** The mail to the owner of an endpoint brings no coupon. */
const OWNER_MAIL = 'endpoint-disabled.mjml.hbs';
const shipped = readdirSync(EMAILS)
  .filter((file) => file !== OWNER_MAIL)
  .map((file) => [file, sourceOf(file)] as const);

const renderer = createMailRenderer({ timeLimitMs: 500, memoryLimitMb: 64 });
afterAll(() => renderer.close());

const request = (html: string, data: Record<string, unknown>, id = html): RenderRequest => ({
  template: { id, subject: 'Subject', html, text: 'Text' },
  data,
});
const render = async (...requests: RenderRequest[]) =>
  (await renderer.render(requests)).map((result) => ('error' in result ? result : { html: result.rendered.html }));
const problemsOf = async (source: string) => {
  try {
    await compileTemplate(source);
    return [];
  } catch (error) {
    return (error as DomainError).fields.map(({ path, message }) => `${path}: ${message}`);
  }
};
const mjml = (content: string, frontMatter = 'subject: Hello') =>
  `---\n${frontMatter}\n---\n<mjml>\n<mj-body>\n${content}\n</mj-body>\n</mjml>`;
const inText = (text: string) => mjml(`<mj-section><mj-column><mj-text>${text}</mj-text></mj-column></mj-section>`);

describe('the templates that ship', () => {
  test.each(shipped)('%s reads well with a discount, without one, and for a customer without a name', async (_, source) => {
    const compiled = await compileTemplate(source);
    const sender = { name: 'Acme & Sons', email: 'shop@acme.example' };
    const data = { ...SAMPLE_DATA, data: {}, currency: 'EUR', sender, unsubscribe_url: 'https://hub.example/u/x' };
    const nobody = { ...data, customer: { ...data.customer, name: null, first_name: null }, coupon: { ...data.coupon, discount: null } };
    const template = { ...compiled, id: 'shipped' };
    const [full, bare] = await renderer.render([
      { template, data },
      { template, data: nobody },
    ]);
    if (!full || !bare || 'error' in full || 'error' in bare) throw new Error(JSON.stringify([full, bare]));
    for (const { rendered } of [full, bare]) {
      expect(rendered.html).toContain('HELLO-4711');
      expect(rendered.text).toContain('HELLO-4711');
      expect(rendered.text).toContain('https://hub.example/u/x');
      expect(rendered.html).toContain('Acme &amp; Sons');
      expect(rendered.subject + rendered.html + rendered.text).not.toMatch(/\{\{|undefined|null|\[object/);
      expect(rendered.html.length).toBeLessThan(100_000);
    }
    expect(full.rendered.text).toContain('10%');
    expect(bare.rendered.text).not.toContain('%');
  });
});

test('the mail to the owner of an endpoint says which, since when and why', async () => {
  const template = { ...(await compileTemplate(sourceOf(OWNER_MAIL))), id: 'owner' };
  const data = {
    ...SAMPLE_DATA,
    sender: { name: 'Acme', email: 'shop@acme.example' },
    unsubscribe_url: 'https://hub.example/u/x',
    data: { endpoint_id: 'ep_1', url: 'https://partner.example/hook', failing_since: '2026-03-01 10:00 UTC', gone: false },
  };
  const [failing, gone] = await renderer.render([
    { template, data },
    { template, data: { ...data, data: { ...data.data, gone: true } } },
  ]);
  if (!failing || !gone || 'error' in failing || 'error' in gone) throw new Error(JSON.stringify([failing, gone]));
  for (const { rendered } of [failing, gone]) expect(rendered.text).toContain('https://partner.example/hook');
  expect(failing.rendered.text).toContain('2026-03-01 10:00 UTC');
  expect(gone.rendered.text).not.toBe(failing.rendered.text);
});

describe('publishing a template', () => {
  test('makes the text version from the HTML where none is written', async () => {
    const { text } = await compileTemplate(
      inText('Dear {{customer.first_name}},<br>your code <b>{{coupon.code}}</b>: <a href="{{data.shop_url}}">shop</a>'),
    );
    expect(text).toBe('Dear {{customer.first_name}},\nyour code {{coupon.code}}: shop [{{data.shop_url}}]');
  });

  test('names everything that is wrong at once, with its line', async () => {
    const source = mjml(
      '<mj-section>\n{{customer.nam}} {{{coupon.code}}}\n</mj-section>\n<mj-include path="/etc/passwd" />',
      'subject: "{{kupon}}"',
    );
    expect(await problemsOf(source)).toEqual([
      expect.stringContaining('subject, line 1: unknown variable kupon'),
      expect.stringContaining('body, line 7: unknown variable customer.nam'),
      expect.stringContaining('body, line 7: {{{coupon.code}}} would not be escaped'),
      'body, line 9: mj-include is not allowed: a template is one file',
    ]);
  });

  test('names what MJML does not know, with its line', async () => {
    expect(await problemsOf(mjml('<mj-section>\n<mj-colum></mj-colum></mj-section>'))).toEqual([
      expect.stringMatching(/^body, line 7: .*mj-colum/),
    ]);
  });

  test('names a condition that MJML would drop', async () => {
    const source = mjml('{{#if coupon}}<mj-section><mj-column><mj-text>x</mj-text></mj-column></mj-section>{{/if}}');
    expect(await problemsOf(source)).toEqual([
      expect.stringMatching(/^body, line 6: \{\{#if coupon\}\} stands where MJML drops it/),
      expect.stringMatching(/^body, line 6: \{\{\/if\}\} stands/),
    ]);
  });

  test('refuses what is no MJML at all', async () => {
    expect(await problemsOf('---\nsubject: x\n---\n<html></html>')).not.toEqual([]);
    expect(await problemsOf('---\nsubject: x\n---\n')).not.toEqual([]);
  });

  test('puts the preview where inboxes find it', async () => {
    const { html } = await compileTemplate(
      mjml('<mj-section><mj-column><mj-text>x</mj-text></mj-column></mj-section>', 'subject: x\npreview: "For {{customer.first_name}}"'),
    );
    expect(html).toMatch(/display:none[^>]*>For \{\{customer\.first_name\}\}</);
  });

  test('links no font and nothing else outside', async () => {
    const { html } = await compileTemplate(
      inText('<span style="font-family: Roboto">x</span>').replace('<mj-text>', '<mj-text font-family="Roboto">'),
    );
    expect(html).not.toContain('fonts.googleapis.com');
  });
});

describe('rendering a mail', () => {
  test('escapes what customers bring', async () => {
    expect(await render(request('<a title="{{data.name}}">{{data.name}}</a>', { data: { name: `"><script>'&` } }))).toEqual([
      { html: '<a title="&quot;&gt;&lt;script&gt;&#x27;&amp;">&quot;&gt;&lt;script&gt;&#x27;&amp;</a>' },
    ]);
  });

  test('says what has no value, and never prints a mail without its code', async () => {
    expect(
      await render(request('{{coupon.code}}', {}), request('{{coupon.code}}', { coupon: {} }), request('{{customer}}', { customer: {} })),
    ).toEqual([{ error: 'coupon.code has no value' }, { error: 'coupon.code has no value' }, { error: 'customer is not a text' }]);
  });

  test('takes null for nothing, and asks of what is not there without failing', async () => {
    expect(
      await render(
        request('[{{customer.name}}]{{#if event.order.id}}x{{/if}}{{#each event.lines}}y{{/each}}', { customer: { name: null } }),
      ),
    ).toEqual([{ html: '[]' }]);
  });

  test.each(['{{data.constructor}}', '{{data.__proto__}}', '{{data.constructor.name}}', '{{data.toString}}'])(
    'reaches no prototype by %s',
    async (html) => {
      const [result] = await render(request(html, { data: {} }));
      expect(result).toEqual({ error: expect.stringContaining('has no value') as string });
    },
  );

  test('of a template that does not end costs that mail, not its neighbours', { timeout: 30_000 }, async () => {
    const list = Array.from({ length: 3000 }, () => 1);
    const endless =
      '{{#each data.l}}{{#each ../data.l}}{{#each ../../data.l}}{{#each ../../../data.l}}x{{/each}}{{/each}}{{/each}}{{/each}}';
    const ok = request('fine', {});
    const results = await render(ok, request(endless, { data: { l: list } }), ok, request(endless, { data: { l: [] } }), ok);
    expect(results).toEqual([
      { html: 'fine' },
      { error: 'the template runs longer than 500 ms' },
      { html: 'fine' },
      { html: '' },
      { html: 'fine' },
    ]);
    // A batch that is full of them does not take a limit for each.
    const many = await render(...Array.from({ length: 50 }, () => request(endless, { data: { l: list } })), ok);
    expect(many.slice(0, 50).every((result) => 'error' in result)).toBe(true);
    expect(many[50]).toEqual({ html: 'fine' });
  });

  test('of a template that eats memory costs that mail, not the process', { timeout: 30_000 }, async () => {
    const list = Array.from({ length: 1500 }, () => 'x'.repeat(100));
    const hungry = '{{#each data.l}}{{#each ../data.l}}{{this}}{{/each}}{{/each}}';
    const results = await render(request(hungry, { data: { l: list } }), request('fine', {}));
    expect(results).toEqual([{ error: expect.stringMatching(/MB|longer than/) as string }, { html: 'fine' }]);
  });

  test('of thousands at once answers each', async () => {
    const compiled: CompiledTemplate = await compileTemplate(sourceOf('welcome.mjml.hbs'));
    const data = {
      ...SAMPLE_DATA,
      data: {},
      currency: 'EUR',
      sender: { name: 'A', email: 'a@b.c' },
      unsubscribe_url: 'https://hub.example/u/x',
    };
    const template = { ...compiled, id: 'many' };
    const requests = Array.from({ length: 3000 }, (_, i) => ({
      template,
      data: { ...data, coupon: { ...data.coupon, code: `CODE-${i}` } },
    }));
    const results = await renderer.render(requests);
    expect(results).toHaveLength(3000);
    expect(results.every((result, i) => 'rendered' in result && result.rendered.text.includes(`CODE-${i}`))).toBe(true);
  });
});
