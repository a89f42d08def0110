import { type Request, type Response, Router } from 'express';
import type { Sql } from '../../db/client.ts';
import { withRetries } from '../../db/delivery/retries.ts';
import { EVERY_TOPIC } from '../../db/delivery/suppressions.ts';
import { findUnsubscriber, unsubscribe } from '../../db/delivery/unsubscriptions.ts';
import { readUnsubscription } from '../../domain/delivery/unsubscribe-token.ts';
import { readBody } from '../http/json-body.ts';

export interface UnsubscribeDeps {
  sql: Sql;
  /** What the links in mails are signed with. */
  links: { key: Buffer };
  now: () => Date;
}

const HTML: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

const escape = (text: string): string => text.replaceAll(/[&<>"']/g, (character) => HTML[character] ?? '');

const page = (title: string, body: string): string => `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><meta name="robots" content="noindex">
<title>${escape(title)}</title>
<style>
  body { margin: 0; min-height: 100vh; display: grid; place-items: center; background: #f2f4f8; color: #27303f; font: 16px/1.6 system-ui, sans-serif; }
  main { margin: 24px; padding: 40px; max-width: 26rem; background: #fff; border-radius: 16px; text-align: center; }
  h1 { margin: 0 0 12px; font-size: 24px; line-height: 1.3; }
  p { margin: 0 0 24px; }
  button { display: block; width: 100%; margin-top: 12px; padding: 14px; border: 0; border-radius: 10px; background: #3a3ad6; color: #fff; font: inherit; font-weight: 600; cursor: pointer; }
  button.second { background: #e7e9f3; color: #27303f; }
</style></head><body><main><h1>${escape(title)}</h1>${body}</main></body></html>
`;

const show = (res: Response, status: number, html: string): void => {
  res
    .status(status)
    .set({
      'Content-Type': 'text/html; charset=utf-8',
      'Cache-Control': 'no-store',
      'Referrer-Policy': 'no-referrer',
      'X-Content-Type-Options': 'nosniff',
      'Content-Security-Policy':
        "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
    })
    .send(html);
};

const invalid = (res: Response): void =>
  show(
    res,
    404,
    page('This link does not work', '<p>It may have been cut off on its way. Please use the link in the mail as it stands.</p>'),
  );

/**
 * /u/{token}: where the links in mails lead, without a login. Looking changes nothing, since mail scanners look at every link; POST
 * unsubscribes, from the page or with one click from the mail program (RFC 8058).
 */
export const createUnsubscribeRouter = ({ sql, links, now }: UnsubscribeDeps): Router => {
  const router = Router();

  const follow = async (req: Request<{ token: string }>) => {
    const unsubscription = readUnsubscription(links.key, req.params.token);
    const who = unsubscription && (await findUnsubscriber(sql, unsubscription));
    return unsubscription && who ? { unsubscription, sender: escape(who.sender) } : null;
  };

  router.get('/u/:token', async (req, res) => {
    const followed = await follow(req);
    if (!followed) return invalid(res);
    const { sender, unsubscription } = followed;
    const all = '<button class="second" name="topic" value="*">Unsubscribe from every mail but those about orders</button>';
    const form = `<form method="post"><button>Unsubscribe</button>${unsubscription.topic === EVERY_TOPIC ? '' : all}</form>`;
    show(res, 200, page('Unsubscribe', `<p>You will get no more mails like this one from ${sender}.</p>${form}`));
  });

  router.post('/u/:token', async (req, res) => {
    const followed = await follow(req);
    if (!followed) return invalid(res);
    const body = new URLSearchParams((await readBody(req)).toString());
    const topic = body.get('topic') === EVERY_TOPIC ? EVERY_TOPIC : followed.unsubscription.topic;
    await withRetries(() => sql.begin((tx) => unsubscribe(tx, { ...followed.unsubscription, topic }, now())));
    show(res, 200, page('You are unsubscribed', `<p>${followed.sender} will send you no more of these mails.</p>`));
  });

  return router;
};
