-- A Neovim that is driven as a person would: keys are typed, and what is shown is looked at. It has a home folder of its own, in which the plugin is installed as a package, and
-- a copy of the project of ./work and the examples. Everything waits for a condition, and says which; patience bounds each wait and asserts no speed.
local M = {}

local patience = (tonumber(vim.env.PATIENCE) or 60) * 1000 -- ms
local much = 4 * patience -- for what computes for long: a training, and the measurements of doctor
local ends = vim.uv.hrtime() + 560e9 -- run ends everything after ten minutes; a wait ends before, so as to say what for
local scratch = assert(vim.env.SCRATCH)
local plugin = vim.fn.fnamemodify(debug.getinfo(1, 'S').source:sub(2), ':p:h:h')
local repository = vim.fs.dirname(vim.fs.dirname(plugin))
local new = vim.fn.has('nvim-0.11') == 1

M.failed = false
local failures, most = 0, 3 -- tests that failed, and how many may before the rest is left, so that a run ends in time to say what they were

--- @class Child
local Child = {}
Child.__index = Child

local number = 0

--- start returns a Neovim with a copy of the project as its working directory.
--- @param init? string the user's init.lua
--- @param environment? table<string, string> over the parent's
--- @return Child
function M.start(init, environment)
  number = number + 1
  local self = setmetatable({}, Child)
  self.home = ('%s/%s-%d'):format(scratch, tostring(vim.version()):match('^%d+%.%d+'), number)
  self.work = self.home .. '/work'
  local pack = self.home .. '/data/nvim/site/pack/mlm-lsp/start'
  for _, folder in ipairs({ pack, self.home .. '/config/nvim', self.work .. '/.git' }) do vim.fn.mkdir(folder, 'p') end
  assert(vim.uv.fs_symlink(plugin, pack .. '/mlm-lsp'))
  for _, from in ipairs({ plugin .. '/test/work/.', repository .. '/examples/inventory.py' }) do
    vim.fn.system({ 'cp', '-r', from, self.work })
    assert(vim.v.shell_error == 0)
  end
  -- Without the provider, Neovim does not look for a Python with a module of its own when it meets a Python file, which takes a second and is none of ours.
  vim.fn.writefile({ 'vim.opt.swapfile = false', 'vim.g.loaded_python3_provider = 0', unpack(vim.split(init or '', '\n')) }, self.home .. '/config/nvim/init.lua')
  self.environment = vim.tbl_extend('force', {
    HOME = self.home,
    XDG_CONFIG_HOME = self.home .. '/config',
    XDG_DATA_HOME = self.home .. '/data',
    XDG_STATE_HOME = self.home .. '/state',
    XDG_CACHE_HOME = self.home .. '/cache',
    PATH = vim.fs.dirname(vim.env.MLM_LSP) .. ':' .. vim.env.PATH,
  }, environment or {})
  self.channel = vim.fn.jobstart({ vim.v.progpath, '--embed', '--headless', '-i', 'NONE' }, { rpc = true, cwd = self.work, env = self.environment })
  assert(self.channel > 0)
  self.process = vim.fn.jobpid(self.channel)
  return self
end

-- An editor that waits for a key, at a prompt for one, answers no request until there is one, and a request cannot be given up. So the question is a notification, and so is the answer.
local answers = {}
local asked = 0

--- answered takes an answer of a child.
function M.answered(number, ok, result) answers[number] = { ok = ok, result = result } end

--- lua runs a chunk in the child, with arguments, and returns what it returns.
function Child:lua(code, ...)
  asked = asked + 1
  local number = asked
  vim.rpcnotify(self.channel, 'nvim_exec_lua', [[
    local number, code, arguments = ...
    local ok, result = pcall(assert(loadstring(code)), unpack(arguments))
    vim.rpcnotify(1, 'nvim_exec_lua', "require('child').answered(...)", { number, ok, result })
  ]], { number, code, { ... } })
  if not vim.wait(self.given_up and 5000 or patience, function() return answers[number] end) then
    self.given_up = true
    error({ failed = 'the editor does not answer: ' .. code }, 0)
  end
  local answer = answers[number]
  answers[number] = nil
  if not answer.ok then error(answer.result, 0) end
  return answer.result
end

--- call has the child run a function of its API, and returns what that returns.
function Child:call(method, ...) return self:lua('local method, arguments = ... return vim.api[method](unpack(arguments))', method, { ... }) end

--- keys types.
function Child:keys(s) vim.rpcrequest(self.channel, 'nvim_input', s) end

--- open opens a file by typing.
function Child:open(path) self:keys((':edit %s<CR>'):format(path)) end

--- line returns a line of the current buffer, counted from 1.
function Child:line(n) return self:call('nvim_buf_get_lines', 0, n - 1, n, false)[1] end

--- messages returns what was told so far.
function Child:messages() return self:call('nvim_exec2', 'messages', { output = true }).output end

-- show prints what can be seen of the editor and its server.
function Child:show()
  local function say(what, text) io.stdout:write('     ', what, ': ', (tostring(text):gsub('\n', '\n     ')), '\n') end
  local ok, mode = pcall(vim.rpcrequest, self.channel, 'nvim_get_mode') -- answered also while it waits for a key
  say('the mode of the editor', ok and mode.mode .. (mode.blocking and ', waiting for a key' or '') or mode)
  if ok and mode.blocking then self:keys('<C-c><C-c>') end
  if ok then
    local answered, seen = pcall(self.lua, self, [[
      vim.cmd.redraw()
      local screen = {}
      for row = 1, vim.o.lines do
        local cells = {}
        for column = 1, vim.o.columns do table.insert(cells, vim.fn.screenstring(row, column)) end
        table.insert(screen, (table.concat(cells):gsub('%s+$', '')))
      end
      return { screen = table.concat(screen, '\n'), messages = vim.api.nvim_exec2('messages', { output = true }).output, clients = #vim.lsp.get_clients() }
    ]])
    if answered then
      say('its screen', seen.screen)
      say('what it told', seen.messages)
      say('its language servers', seen.clients)
    else
      say('it answers nothing', type(seen) == 'table' and seen.failed or seen)
    end
  end
  local log = io.open(self.home .. '/state/nvim/mlm-lsp.log')
  if log then
    say('the end of the log of the server', log:read('*a'):sub(-2000))
    log:close()
  end
  io.stdout:flush()
end

--- expect waits until met returns something, says what was seen, and returns it; the test cannot go on otherwise. It looks every 20 ms, or as often as step says.
function Child:expect(what, met, step, limit)
  local began, got, seen = vim.uv.hrtime(), nil, false
  local last = math.min(began + (limit or patience) * 1e6, ends)
  -- Not by vim.wait alone: what met asks of the editor waits by itself.
  local ok, err = pcall(function()
    repeat
      got = met()
      seen = got and true or false
      if not seen then vim.wait(step or 20) end
    until seen or vim.uv.hrtime() > last
  end)
  io.stdout:write(('%s %6.2f s  %s\n'):format(seen and 'ok  ' or 'FAIL', (vim.uv.hrtime() - began) / 1e9, what))
  io.stdout:flush()
  if seen then return got end
  if not ok then io.stdout:write('     ', type(err) == 'table' and err.failed or tostring(err), '\n') end
  self:show()
  error({ failed = what }, 0)
end

--- expect_late is expect of what takes long on a busy machine.
function Child:expect_late(what, met) return self:expect(what, met, nil, much) end

--- told waits until a message has the text somewhere.
function Child:told(what, text, limit)
  return self:expect(what, function() return self:messages():find(text, 1, true) end, nil, limit)
end

--- told_late is told of what takes long on a busy machine.
function Child:told_late(what, text) return self:told(what, text, much) end

--- attached waits until the server has the current buffer and its model answers.
function Child:attached()
  self:expect('the server answers', function() return self:lua([[return require('mlm-lsp').status()]]) == 'mlm-lsp' end)
end

--- reported waits until there is a diagnostic of the server, and returns it.
function Child:reported(what)
  return self:expect(what, function() return self:diagnostics('mlm-lsp')[1] end)
end

--- mistake opens the example with a mistake, and returns its diagnostic.
function Child:mistake()
  self:open('inventory.py')
  self:attached()
  return self:reported('the mistake is shown')
end

--- pid returns the number of the server's process.
function Child:pid()
  return self:lua([[
    local children = vim.api.nvim_get_proc_children(vim.fn.getpid())
    for _, child in ipairs(children) do
      if (vim.api.nvim_get_proc(child) or {}).name == 'mlm-lsp' then return child end
    end
  ]])
end

--- marks returns the text and the group of each virtual text or highlight in a namespace.
function Child:marks(namespace)
  return self:lua(
    [[
    local space = vim.api.nvim_get_namespaces()[...]
    local list = {}
    for _, m in ipairs(space and vim.api.nvim_buf_get_extmarks(0, space, 0, -1, { details = true }) or {}) do
      local text = ''
      for _, part in ipairs(m[4].virt_text or {}) do text = text .. part[1] end
      table.insert(list, { row = m[2], text = text, group = m[4].hl_group })
    end
    return list
  ]],
    namespace
  )
end

--- floats returns the texts of the floating windows.
function Child:floats()
  return self:lua([[
    local list = {}
    for _, w in ipairs(vim.api.nvim_list_wins()) do
      if vim.api.nvim_win_get_config(w).relative ~= '' then
        table.insert(list, table.concat(vim.api.nvim_buf_get_lines(vim.api.nvim_win_get_buf(w), 0, -1, false), '\n'))
      end
    end
    return list
  ]])
end

--- diagnostics returns those in the current buffer, by source.
function Child:diagnostics(source)
  return vim.tbl_filter(function(d) return d.source == source end, self:lua([[
    return vim.tbl_map(function(d)
      return { source = d.source, message = d.message, row = d.lnum, column = d.col, severity = d.severity, code = d.code }
    end, vim.diagnostic.get(0))
  ]]))
end

--- actions asks for the code actions at the cursor, by key where there is one, and picks the first whose title holds a text.
function Child:choose(title)
  -- What an editor shows as a list is kept where it can be seen.
  self:lua([[
    vim.ui.select = function(items, options, done)
      offered = vim.tbl_map(options.format_item, items)
      chosen = function(i) done(items[i], i) end
    end
    offered = nil
  ]])
  self:keys(new and 'gra' or ':lua vim.lsp.buf.code_action()<CR>')
  local list = self:expect('actions are offered', function() return self:lua('return offered') end)
  for i, offered in ipairs(list) do
    if offered:find(title, 1, true) then
      self:lua('chosen(...)', i)
      return list
    end
  end
  self:expect(('one of the actions is "%s", of %s'):format(title, table.concat(list, '; ')), function() return false end)
end

--- popup returns the words of the completion menu, if it is open.
function Child:popup()
  if self:call('nvim_call_function', 'pumvisible', {}) ~= 1 then return end
  return vim.tbl_map(function(item) return item.word end, self:call('nvim_call_function', 'complete_info', { { 'items' } }).items)
end

--- accept takes a word of the menu, by keys.
function Child:accept(word)
  local index = self:expect(('`%s` is in the menu'):format(word), function()
    for i, w in ipairs(self:popup() or {}) do
      if w == word then return i end
    end
  end)
  self:keys(('<C-n>'):rep(index) .. '<C-y>')
end

--- finish ends the editor, and waits for its server. Neighbours of the server are not waited for.
function Child:finish()
  local function fail(what)
    io.stdout:write('FAIL ', what, '\n')
    M.failed = true
  end
  local processes = {}
  for _, pid in ipairs(vim.api.nvim_get_proc_children(self.process)) do
    processes[pid] = (vim.api.nvim_get_proc(pid) or {}).name
  end
  local function runs(pid) return (vim.api.nvim_get_proc(pid) or {}).name == processes[pid] end
  pcall(vim.rpcnotify, self.channel, 'nvim_command', 'qall!')
  if vim.fn.jobwait({ self.channel }, 30000)[1] == -1 then
    fail('the editor does not end')
    vim.fn.jobstop(self.channel)
  end
  for pid, name in pairs(processes) do
    if name == 'mlm-lsp' and not vim.wait(30000, function() return not runs(pid) end, 20) then fail('the server does not end with its editor') end
    if runs(pid) then vim.uv.kill(pid, 'sigkill') end
  end
end

--- test runs a test on a new editor, which it ends whatever happens.
--- @param name string
--- @param init? string
--- @param run fun(child: Child)
--- @param environment? table<string, string>
function M.test(name, init, run, environment)
  io.stdout:write(('-- %s\n'):format(name))
  local child = M.start(init, environment)
  local ok, err = xpcall(run, function(err)
    if type(err) == 'table' then return err end
    return debug.traceback(err)
  end, child)
  if not ok then
    M.failed = true
    if type(err) ~= 'table' then io.stdout:write(('FAIL %s: %s\n'):format(name, err)) end
  end
  child:finish()
  failures = failures + (ok and 0 or 1)
  if failures == most then
    io.stdout:write(('FAIL %d tests have failed: the rest is not run\n'):format(failures))
    os.exit(1)
  end
end

return M
