// Whether the document on standard input is OpenAPI 3.1, by a validator that is not ours.
import { text } from 'node:stream/consumers';
import { Validator } from '@seriousme/openapi-schema-validator';

const result = await new Validator().validate(JSON.parse(await text(process.stdin)));
if (!result.valid) {
    console.error(JSON.stringify(result.errors, null, 1));
    process.exitCode = 1;
}
