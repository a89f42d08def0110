import { load } from '../load.ts';
import { type Servers, SERVER_CORE } from '../servers.ts';
import { carts, insertBenchVouchers, type Shop, spreadCodes } from '../shop.ts';

export interface ValidationFigures {
  echoPerSecond: number;
  validationPerSecond: number;
  p50: number;
  p99: number;
}

const isRight = (status: number, body: string): boolean =>
  status === 200 && body.includes('"valid":true') && body.includes('"total_discount_amount":1150') && body.includes('"total_amount":10349');

/** Validation over HTTP beside an Express echo of the same bodies, in turn, each alone on the server's core. */
export const measureValidation = async (
  servers: Servers,
  api: { url: string },
  shop: Shop,
  seconds: number,
): Promise<ValidationFigures> => {
  await insertBenchVouchers(servers.sql, shop.project, 'VALID', 100_000, 1);
  const requests = carts('/v1/validations', spreadCodes('VALID', 100_000, 2000));
  const echo = await servers.startScript('./echo.ts', SERVER_CORE);
  const echoUrl = `http://127.0.0.1:${echo.port}`;
  const echoed = (status: number): boolean => status === 200;
  const validations = (duration: number) => load({ url: api.url, requests, headers: shop.headers, seconds: duration, accept: isRight });
  await load({ url: echoUrl, requests, seconds: 1, accept: echoed });
  await validations(2);
  const echoRuns = [];
  const validationRuns = [];
  for (let round = 0; round < 2; round += 1) {
    echoRuns.push(await load({ url: echoUrl, requests, seconds: seconds / 2, accept: echoed }));
    validationRuns.push(await validations(seconds / 2));
  }
  await echo.stop();
  const wrong = [...echoRuns, ...validationRuns].flatMap((run) => run.wrong);
  if (wrong.length > 0) throw new Error(`wrong answers: ${wrong.join(' | ')}`);
  const mean = (figures: number[]): number => figures.reduce((sum, figure) => sum + figure, 0) / figures.length;
  return {
    echoPerSecond: mean(echoRuns.map((run) => run.perSecond)),
    validationPerSecond: mean(validationRuns.map((run) => run.perSecond)),
    p50: mean(validationRuns.map((run) => run.p50)),
    p99: mean(validationRuns.map((run) => run.p99)),
  };
};
