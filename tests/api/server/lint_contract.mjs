// lint_contract.mjs TOOLS CONTRACT: what Redocly's linter says of an OpenAPI document, by its strict
// rules. Ends with 1 if it says anything. TOOLS is a folder with node_modules as tools/ names them.
import {createRequire} from "node:module";

const [tools, contract] = process.argv.slice(2);
const {createConfig, lint} = createRequire(`${tools}/`)("@redocly/openapi-core");

const config = await createConfig({
  extends: ["recommended-strict"],
  rules: {
    // The same path of an OpenAPI document as of the tests that hold answers to it.
    "operation-operationId-unique": "error",
    "operation-operationId-url-safe": "error",
    "operation-description": "off",
    "operation-parameters-unique": "error",
    "no-unused-components": "error",
    "no-invalid-media-type-examples": "error",
    "no-invalid-parameter-examples": "error",
    "no-invalid-schema-examples": "error",
    "tags-alphabetical": "off",
    "parameter-description": "error",
    "tag-description": "error",
  },
});
const problems = await lint({ref: contract, config});
for (const problem of problems) {
  const at = problem.location?.[0]?.pointer ?? "";
  console.log(`${problem.severity}: ${problem.ruleId}: ${problem.message} ${at}`);
}
process.exit(problems.length === 0 ? 0 : 1);
