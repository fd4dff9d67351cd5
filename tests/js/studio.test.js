import { expect, test } from "bun:test";
import { readdirSync } from "node:fs";
import { build } from "bun";

const FOLDER = `${import.meta.dir}/../../assets/js`;

const bundle = () => build({ entrypoints: [`${FOLDER}/studio.js`], format: "iife", metafile: true });

test("every module is part of the one file that browsers load", async () => {
  const { metafile } = await bundle();
  const names = Object.keys(metafile.inputs).map((path) => path.split("/").at(-1));

  expect(names.sort()).toEqual(readdirSync(FOLDER).sort());
});

test("the file leaves one name in the window", async () => {
  const { outputs } = await bundle();
  const before = new Set(Object.getOwnPropertyNames(globalThis));
  document.body.innerHTML = "<main></main>";
  new Function(await outputs[0].text())();

  const added = Object.getOwnPropertyNames(globalThis).filter((name) => !before.has(name));
  expect(added).toEqual(["studio"]);
});
