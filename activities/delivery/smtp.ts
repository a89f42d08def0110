import { Readable } from 'node:stream';
import SMTPPool from 'nodemailer/lib/smtp-pool';
import type { SendOutcome } from './transport.ts';

type PooledMail = Parameters<SMTPPool['send']>[0];

interface SmtpServer {
  /** `smtp://` or `smtps://`, with user and password where it wants them. */
  url: string;
  /** How many connections at once. */
  connections: number;
}

interface Envelope {
  from: string;
  to: string;
}

export interface SmtpPools {
  /** Sends one mail, as it goes on the wire, to one address. */
  send: (server: SmtpServer, envelope: Envelope, raw: Uint8Array) => Promise<SendOutcome>;
  /** Closes the connections, after what is on them is done. */
  close: () => void;
}

const CONNECT_MS = 10_000;
const SILENCE_MS = 30_000;
/** All of one mail, so that a server that drips its answers cannot outlive the lease. */
const MAIL_MS = 60_000;

/** Kept connections to SMTP servers, a pool for each server. */
export const createSmtpPools = (): SmtpPools => {
  const pools = new Map<string, SMTPPool>();

  const poolOf = ({ url, connections }: SmtpServer): SMTPPool => {
    const key = `${connections} ${url}`;
    const known = pools.get(key);
    if (known) return known;
    const pool = new SMTPPool({
      url,
      maxConnections: connections,
      maxMessages: 1000,
      connectionTimeout: CONNECT_MS,
      greetingTimeout: CONNECT_MS,
      socketTimeout: SILENCE_MS,
    });
    pools.set(key, pool);
    return pool;
  };

  return {
    send: (server, envelope, raw) =>
      new Promise((resolve) => {
        const body = watchBody(raw);
        const tooLong = new AbortController();
        const timer = setTimeout(() => tooLong.abort(), MAIL_MS);
        poolOf(server).send(asMail(envelope, body, tooLong.signal), (error, info) => {
          clearTimeout(timer);
          resolve(error ? outcomeOf(error, body.isSent()) : { outcome: 'accepted', answer: info?.response ?? '' });
        });
      }),
    close: () => {
      for (const pool of pools.values()) pool.close();
      pools.clear();
    },
  };
};

interface SmtpError extends Error {
  code?: string;
  command?: string;
  response?: string;
  responseCode?: number;
}

interface WatchedBody {
  read: () => Readable;
  /** Whether the server has all of it, so that silence from then on may mean that it took the mail. */
  isSent: () => boolean;
}

const watchBody = (raw: Uint8Array): WatchedBody => {
  let sent = false;
  return {
    // The pool reads again where a connection was gone before the first byte.
    read: () => {
      const stream = new Readable({
        read() {
          this.push(raw);
          this.push(null);
        },
      });
      if (sent) return stream.destroy(new Error('The mail was on the wire already.'));
      // The end comes when the connection has read the last byte, before it writes the dot that ends the mail.
      return stream.once('end', () => {
        sent = true;
      });
    },
    isSent: () => sent,
  };
};

/**
 * What a pool asks of a mail. Ours is made already, so the half of nodemailer that composes, which costs twice what sending does, is
 * left out.
 */
const asMail = ({ from, to }: Envelope, body: WatchedBody, signal: AbortSignal): PooledMail =>
  ({
    data: { signal },
    message: { getEnvelope: () => ({ from, to: [to] }), messageId: () => '', getHeader: () => '', createReadStream: body.read },
  }) as unknown as PooledMail;

const outcomeOf = (error: SmtpError, bodySent: boolean): SendOutcome => {
  const answer = error.response ?? error.message;
  const { responseCode, command = 'CONN' } = error;
  if (responseCode === undefined && bodySent) return { outcome: 'unknown', answer };
  const isAboutMail = command === 'MAIL FROM' || command === 'RCPT TO' || command === 'DATA';
  if (!isAboutMail && error.code !== 'EENVELOPE' && error.code !== 'EMESSAGE') return { outcome: 'retry', answer, unreachable: true };
  if (responseCode !== undefined && responseCode < 500) return { outcome: 'retry', answer };
  return { outcome: 'failed', answer, reason: responseCode === undefined ? 'invalid_mail' : 'rejected' };
};
