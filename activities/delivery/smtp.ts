import { PassThrough, type Readable } from 'node:stream';
import { createTransport, type SendMailOptions, type SMTPPoolSentMessageInfo, type Transporter } from 'nodemailer';
import type { SendOutcome } from './transport.ts';

interface SmtpServer {
  /** `smtp://` or `smtps://`, with user and password where it wants them. */
  url: string;
  /** How many connections at once. */
  connections: number;
}

export interface SmtpPools {
  /** Sends one mail, as it goes on the wire, to one address. */
  send: (server: SmtpServer, envelope: { from: string; to: string }, raw: Uint8Array) => Promise<SendOutcome>;
  /** Closes the connections, after what is on them is done. */
  close: () => void;
}

const CONNECT_MS = 10_000;
const SILENCE_MS = 30_000;
/** All of one mail, so that a server that drips its answers cannot outlive the lease. */
const MAIL_MS = 60_000;

/** Kept connections to SMTP servers, a pool for each server. */
export const createSmtpPools = (): SmtpPools => {
  const pools = new Map<string, Transporter<SMTPPoolSentMessageInfo>>();

  const poolOf = ({ url, connections }: SmtpServer): Transporter<SMTPPoolSentMessageInfo> => {
    const key = `${connections} ${url}`;
    const known = pools.get(key);
    if (known) return known;
    const pool = createTransport({
      url,
      pool: true,
      maxConnections: connections,
      maxMessages: 1000,
      connectionTimeout: CONNECT_MS,
      greetingTimeout: CONNECT_MS,
      socketTimeout: SILENCE_MS,
      disableFileAccess: true,
      disableUrlAccess: true,
    });
    pool.use('stream', (message, done) => {
      message.message.processFunc((message.data as WatchedMail).watched.through);
      done();
    });
    pools.set(key, pool);
    return pool;
  };

  return {
    send: async (server, envelope, raw) => {
      const watched = watchBody();
      const mail: WatchedMail = {
        envelope,
        raw: Buffer.from(raw.buffer, raw.byteOffset, raw.byteLength),
        watched,
        signal: AbortSignal.timeout(MAIL_MS),
      };
      try {
        const info = await poolOf(server).sendMail(mail);
        return { outcome: 'accepted', answer: info.response ?? '' };
      } catch (error) {
        return outcomeOf(error as SmtpError, watched.isSent());
      }
    },
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
  through: (input: Readable) => Readable;
  /** Whether the server has all of it, so that silence from then on may mean that it took the mail. */
  isSent: () => boolean;
}

const watchBody = (): WatchedBody => {
  let sent = false;
  return {
    through: (input) => {
      const output = new PassThrough();
      if (sent) return output.destroy(new Error('The mail was on the wire already.'));
      input.once('error', (error) => output.destroy(error));
      // The end comes when the connection has read the last byte, before it writes the dot that ends the mail.
      output.once('end', () => {
        sent = true;
      });
      return input.pipe(output);
    },
    isSent: () => sent,
  };
};

/** Who watches a mail's body, for the plugin that every pool has. */
interface WatchedMail extends SendMailOptions {
  watched: WatchedBody;
}

const outcomeOf = (error: SmtpError, bodySent: boolean): SendOutcome => {
  const answer = error.response ?? error.message;
  const { responseCode, command = 'CONN' } = error;
  if (responseCode === undefined && bodySent) return { outcome: 'unknown', answer };
  const isAboutMail = command === 'MAIL FROM' || command === 'RCPT TO' || command === 'DATA';
  if (!isAboutMail && error.code !== 'EENVELOPE' && error.code !== 'EMESSAGE') return { outcome: 'retry', answer, unreachable: true };
  if (responseCode !== undefined && responseCode < 500) return { outcome: 'retry', answer };
  return { outcome: 'failed', answer, reason: responseCode === undefined ? 'invalid_mail' : 'rejected' };
};
