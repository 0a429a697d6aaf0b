// Messages as real servers send them, Chinese and English, for the fake backend. Nothing here is shown
// by the desktop program.

import type { MessageKind } from '../generated/MessageKind'

/** A message before it has an id and a time. */
export interface Sample {
  source: string
  kind: MessageKind
  title: string
  body: string
  sender?: string
  related?: string
  link?: string
  priority?: number
  page?: string
  linkRefused?: boolean
  /** Minutes before now; live samples have none. */
  age?: number
  read?: boolean
  pinned?: boolean
}

const DAY = 24 * 60

/** What stands in the inbox at the beginning, newest first. */
export const HISTORY: readonly Sample[] = [
  {
    source: 'community',
    kind: 'reply',
    age: 2,
    title: 'rustacean42 回复了《Rust 异步入门》',
    body: '写得很清楚，能再讲讲 `select!` 的取消安全吗？我在读流的时候踩过坑：分支被取消后，已经读出来的半个事件就丢了。\n\n> “只要把 future 存在循环外面，每一轮都只是继续轮询它，就不会丢数据。”\n\n另外，断线重连之后，`Last-Event-ID` 是应该在收到时保存，还是在写入数据库之后保存？',
    sender: 'rustacean42',
    related: '1001',
    page: 'https://community.example.org/community/post/1001',
  },
  {
    source: 'community',
    kind: 'system',
    age: 18,
    title: '今晚 22:00 起停机维护',
    body: '预计 **40 分钟**，期间无法登录与发帖。\n\n- 数据库升级到新版本\n- 更换图片存储\n- 维护期间的消息会在恢复后补发\n\n给您带来的不便，敬请谅解。',
    sender: '站务组',
    priority: 5,
  },
  {
    source: 'office',
    kind: 'notification',
    age: 26,
    title: '十一月报表已生成',
    body: '共 3 份，有效期 7 天：\n\n| 报表 | 行数 | 大小 |\n| --- | ---: | ---: |\n| 销售明细 | 18,204 | 4.1 MB |\n| 库存周转 | 2,310 | 612 KB |\n| 应收账龄 | 846 | 203 KB |\n\n请在 **11 月 29 日** 之前下载。',
    page: 'https://office.example.org/reports/2026-11',
  },
  {
    source: 'community',
    kind: 'reply',
    age: 95,
    read: true,
    title: 'nginx_fan replied to “SSE behind nginx”',
    body: '`proxy_buffering off` did it, thank you!\n\nFor anyone who finds this later, the whole location block is:\n\n```nginx\nlocation /api/sse/ {\n    proxy_pass http://backend;\n    proxy_http_version 1.1;\n    proxy_set_header Connection "";\n    proxy_buffering off;\n    proxy_read_timeout 1h;\n}\n```\n\nThe docs are at [ngx_http_proxy_module](https://nginx.org/en/docs/http/ngx_http_proxy_module.html#proxy_buffering).',
    sender: 'nginx_fan',
    related: '874',
    page: 'https://community.example.org/community/post/874',
  },
  {
    source: 'ops',
    kind: 'deploy',
    age: 140,
    title: 'api-gateway v2.14.0 rolled out to production',
    body: '12 of 12 instances healthy after 3 min 41 s. No errors above the baseline.',
    sender: 'deploy-bot',
    page: 'https://ops.example.org/deploys/5512',
  },
  {
    source: 'ops',
    kind: 'message',
    age: 171,
    read: true,
    title: 'Certificate of mail.example.org renewed',
    body: 'Valid until 20 February 2027.',
    sender: 'acme',
  },
  {
    source: 'ops',
    kind: 'notification',
    age: DAY + 10,
    read: true,
    title: 'backup-01：备份完成',
    body: '412 GB，用时 1 小时 12 分',
  },
  {
    source: 'community',
    kind: 'reply',
    age: DAY + 170,
    read: true,
    title: 'night_owl 在评论中提到了你',
    body: '@你 这个方案的重连次数是不是太少了？如果服务器重启要两分钟，十次很快就用完了。',
    sender: 'night_owl',
    related: '990',
    page: 'https://community.example.org/community/post/990',
  },
  {
    source: 'community',
    kind: 'system',
    age: DAY + 300,
    read: true,
    title: '新设备登录提醒',
    body: 'Firefox · Linux · 上海\n\n如果不是您本人操作，请立即修改密码。',
    link: 'javascript:void(0)',
    linkRefused: true,
  },
  {
    source: 'office',
    kind: 'notification',
    age: DAY + 410,
    title: '采购申请 PO-2026-1187 等待您的审批',
    body: '申请人：李雯　金额：¥ 12,860.00\n\n1. 显示器 27 英寸 × 4\n2. 扩展坞 × 4\n\n超过 3 个工作日未处理将自动转交上级。',
    page: 'https://office.example.org/approvals/1187',
  },
  {
    source: 'ops',
    kind: 'message',
    age: 2 * DAY + 55,
    read: true,
    title: 'Disk usage on db-02 is back below 70 %',
    body: 'Was 91 % for 2 h 10 min.',
    sender: 'prometheus',
  },
  {
    source: 'community',
    kind: 'reply',
    age: 2 * DAY + 260,
    read: true,
    title:
      'café_ünïcode answered: “How long may a title be before it has to be cut, and does anybody read it to the end?”',
    body: 'Long enough to be cut in the list, in any language.',
    sender: 'café_ünïcode',
    related: '655',
    page: 'https://community.example.org/community/post/655',
  },
  {
    source: 'community',
    kind: 'notification',
    age: 3 * DAY + 20,
    read: true,
    title: '您关注的专栏《网络编程》有 2 篇新文章',
    body: '《背压从哪里来》《把重连做对》',
    page: 'https://community.example.org/column/net',
  },
  {
    source: 'office',
    kind: 'system',
    age: 5 * DAY,
    read: true,
    title: '年度信息安全培训将于 12 月 1 日开始',
    body: '请所有员工在 12 月 15 日前完成在线课程与测验。',
  },
]

/** What arrives while one looks on, over and over. */
export const LIVE: readonly Sample[] = [
  {
    source: 'community',
    kind: 'reply',
    title: '小满 回复了《把重连做对》',
    body: '请问抖动的范围为什么取 0 到上限，而不是上限的一半到上限？',
    sender: '小满',
    related: '1007',
    page: 'https://community.example.org/community/post/1007',
  },
  {
    source: 'ops',
    kind: 'deploy',
    title: 'web-frontend v5.3.1 is being rolled out',
    body: 'Canary at 10 %, next step in 5 min.',
    sender: 'deploy-bot',
    page: 'https://ops.example.org/deploys/5513',
  },
  {
    source: 'office',
    kind: 'notification',
    title: '会议室“梧桐”预订成功',
    body: '今天 15:00–16:00，可容纳 8 人。',
  },
  {
    source: 'community',
    kind: 'system',
    title: '社区公约更新',
    body: '新增“AI 生成内容需标注”一条，自下月起执行。',
    sender: '站务组',
  },
  {
    source: 'ops',
    kind: 'message',
    title: 'Nightly build #4410 passed',
    body: '2,914 tests in 6 min 12 s.',
    sender: 'ci',
  },
]
