/** The floor of validation over HTTP: Express that parses the same body and sends it back. Run as a process of its own. */
import express from 'express';

const app = express();
app.set('etag', false);
app.disable('x-powered-by');
app.use(express.json());
app.post('/v1/validations', (request, response) => {
  response.json(request.body);
});
const server = app.listen(Number(process.argv[2]), '127.0.0.1', () => process.send?.('ready'));
process.on('disconnect', () => server.close());
