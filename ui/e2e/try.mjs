import { serve } from './server.mjs'
import { launch, open } from './browser.mjs'
const s = await serve(); const b = await launch()
for (const [name,o] of Object.entries({a:{},b:{theme:'dark'},c:{scene:'empty'},d:{scene:'offline',lang:'en'}, e:{width:360,height:700}, f:{width:800}})) {
  const { page, context, complaints } = await open(b, s.url, o)
  await page.waitForTimeout(200)
  if (name==='a'||name==='b') { await page.locator('[role=option]').first().click(); await page.waitForTimeout(300) }
  await page.screenshot({ path: `../target/ui/try-${name}.png` }); console.log(name, complaints)
  await context.close()
}
await b.close(); s.close()
