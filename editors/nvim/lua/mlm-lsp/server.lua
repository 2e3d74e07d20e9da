-- The server as a client of Neovim: how it is started, what it tells, and what happens when it ends unasked.
local binary = require('mlm-lsp.binary')
local options = require('mlm-lsp.options')

local M = { name = 'mlm_lsp' }

local revivals = 3 -- that often a server that died is started again in a session, before the user is asked to
local revived = 0
local largest = 10 * 1024 * 1024 -- bytes of a log, after which another one is begun; the last one is kept beside it

--- tell shows a message of the plugin.
--- @param message string
--- @param level? integer of vim.log.levels; INFO if there is none
function M.tell(message, level) vim.notify('mlm-lsp: ' .. message, level or vim.log.levels.INFO, { title = 'mlm-lsp' }) end

-- What is known of each client: the buffers to give back to the next one, and what the server said last that it can do.
--- @class mlm_lsp.Session
--- @field root string?
--- @field buffers table<integer, true>
--- @field status? { kind: string, message: string?, action: string? }
local sessions = {} --- @type table<integer, mlm_lsp.Session>

local function session(id)
  sessions[id] = sessions[id] or { buffers = {} }
  return sessions[id]
end

--- clients returns those that run the server, of one buffer or all.
--- @param buffer? integer
--- @return vim.lsp.Client[]
function M.clients(buffer) return vim.lsp.get_clients({ name = M.name, bufnr = buffer }) end

-- Neovim 0.10 has functions where 0.11 has methods of a client.
local methods = vim.fn.has('nvim-0.11') == 1

--- request asks a client something about a buffer; it returns whether it was sent, and its number.
--- @return boolean, integer?
function M.request(client, method, params, handler, buffer)
  if methods then return client:request(method, params, handler, buffer) end
  return client.request(method, params, handler, buffer)
end

--- cancel takes a request back.
function M.cancel(client, number)
  if methods then client:cancel_request(number) else client.cancel_request(number) end
end

local function notify(client, method, params)
  if methods then client:notify(method, params) else client.notify(method, params) end
end

local function stop(client, force)
  if methods then client:stop(force) else client.stop(force) end
end

--- status returns what the server of a client last said that it can do.
--- @param id integer
--- @return { kind: string, message: string?, action: string? }?
function M.status(id) return sessions[id] and sessions[id].status end

--- command returns the command line of the server; nil and why if its program is not there.
--- @return string[]?, string?
function M.command()
  local path, reason = binary.find()
  if not path then return nil, reason end
  return vim.list_extend({ path, 'serve', '--log-file', options.now.log_file, '--log-level', options.now.log_level }, options.now.args)
end

local function begin_log()
  local file = options.now.log_file
  vim.fn.mkdir(vim.fs.dirname(file), 'p')
  local stat = vim.uv.fs_stat(file)
  if stat and stat.size > largest then vim.uv.fs_rename(file, file .. '.old') end
end

-- The server cannot be found between looking for a root and here but by a race, so that an error of its own is enough.
local function launch(dispatchers)
  local command = assert(M.command())
  begin_log()
  return vim.lsp.rpc.start(command, dispatchers, { cwd = vim.uv.os_homedir() })
end

local complained -- of a program that is not there; once is enough

-- root returns whether a server can be started for a buffer, and the root of the project that it is in. Who sets "cmd" by vim.lsp.config starts what they like.
local function root(buffer)
  local path, reason = binary.find()
  if not path and not (methods and vim.lsp.config[M.name].cmd ~= launch) then
    if not complained then M.tell(reason .. '. :checkhealth mlm-lsp says more', vim.log.levels.WARN) end
    complained = true
    return false
  end
  complained = false
  local name = vim.api.nvim_buf_get_name(buffer)
  local from = name ~= '' and vim.fs.dirname(vim.fs.normalize(name)) or vim.uv.cwd()
  local marker = vim.fs.find(options.now.root_markers, { path = from, upward = true })[1]
  return true, marker and vim.fs.dirname(marker)
end

-- restart_in gives buffers to another server.
local function restart_in(s)
  local config = methods and vim.deepcopy(vim.lsp.config[M.name]) or M.config()
  config.root_dir = s.root
  -- The one that has ended may still be on the list.
  local function reuse(client, wanted) return client.name == wanted.name and client.config.root_dir == wanted.root_dir and not client:is_stopped() end
  for buffer in pairs(s.buffers) do
    if vim.api.nvim_buf_is_loaded(buffer) then vim.lsp.start(config, { bufnr = buffer, reuse_client = reuse }) end
  end
end

-- ended notes that a server is no more, and starts another one for one that died.
local function ended(code, signal, id)
  vim.schedule(function()
    local s = sessions[id]
    sessions[id] = nil
    vim.cmd.redrawstatus({ bang = true })
    local asked = signal == 15 or code == 143 -- by Neovim, when it did not wait for an orderly end
    if not s or asked or (code == 0 and signal == 0) or vim.v.exiting ~= vim.NIL then return end
    local how = signal ~= 0 and ('was ended by signal %d'):format(signal) or ('ended with code %d'):format(code)
    if next(s.buffers) == nil then
      M.tell(('the server %s before it had begun; :MlmLsp log says why'):format(how), vim.log.levels.ERROR)
    elseif revived < revivals then
      revived = revived + 1
      M.tell(('the server %s, and is started again; :MlmLsp log may say why'):format(how), vim.log.levels.WARN)
      restart_in(s)
    else
      M.tell(('the server %s, for the %dth time: :MlmLsp log may say why, :MlmLsp restart starts it again'):format(how, revived + 1), vim.log.levels.ERROR)
    end
  end)
end

-- rehint has the types of a client's buffers asked for and drawn anew. Neovim 0.10 by itself draws a line of a version once, be it with what was known before there was a model.
local function rehint(_, _, context)
  for _, buffer in ipairs(vim.lsp.get_buffers_by_client_id(context.client_id)) do
    if vim.lsp.inlay_hint.is_enabled({ bufnr = buffer }) then
      vim.lsp.inlay_hint.enable(false, { bufnr = buffer })
      vim.lsp.inlay_hint.enable(true, { bufnr = buffer })
    end
  end
  return vim.NIL
end

--- config returns the client's configuration.
--- @return table
function M.config()
  local o = options.now
  -- Neovim 0.11 adds what it can do by itself, and what is said by vim.lsp.config('*', ...).
  local extra = { experimental = { mlmLspStatus = true }, workspace = { workspaceEdit = { documentChanges = true } } }
  local everything = methods and {} or vim.lsp.protocol.make_client_capabilities()
  return {
    name = M.name,
    cmd = launch,
    filetypes = o.filetypes,
    root_dir = function(buffer, on_dir)
      local ok, directory = root(buffer)
      if ok then on_dir(directory) end
    end,
    settings = { ['mlm-lsp'] = next(o.settings) and o.settings or vim.empty_dict() },
    capabilities = vim.tbl_deep_extend('force', everything, o.capabilities, extra),
    -- Some settings must be known when the session begins.
    before_init = function(params, config) params.initializationOptions = vim.tbl_get(config, 'settings', 'mlm-lsp') end,
    handlers = {
      ['workspace/inlayHint/refresh'] = not methods and rehint or nil,
      ['mlm-lsp/status'] = function(_, params, context)
        session(context.client_id).status = params
        vim.api.nvim_exec_autocmds('User', { pattern = 'MlmLspStatus', modeline = false })
        vim.cmd.redrawstatus({ bang = true })
      end,
    },
    commands = {
      -- Of the action that explains a token: in a window beside it, not in a message.
      ['mlm-lsp.explain'] = function(command, context)
        require('mlm-lsp.commands').explain_at(vim.lsp.get_client_by_id(context.client_id), context.bufnr, command.arguments[2])
      end,
    },
    on_exit = ended,
  }
end

--- start starts the server for a buffer, on a Neovim that does not do so by vim.lsp.enable.
--- @param buffer integer
local function start(buffer)
  if vim.bo[buffer].buftype ~= '' then return end
  local ok, directory = root(buffer)
  if not ok then return end
  local config = M.config()
  config.root_dir = directory
  vim.lsp.start(config, { bufnr = buffer })
end

--- enable has the server started in all buffers of its filetypes, those that are open and those to come.
function M.enable()
  if methods then
    vim.lsp.config(M.name, {}) -- what was made of former options is forgotten
    vim.lsp.enable(M.name)
    return
  end
  vim.api.nvim_clear_autocmds({ group = M.group, event = 'FileType' }) -- a restart comes here, too
  vim.api.nvim_create_autocmd('FileType', { group = M.group, pattern = options.now.filetypes, callback = function(event) start(event.buf) end })
  for _, buffer in ipairs(vim.api.nvim_list_bufs()) do
    if vim.api.nvim_buf_is_loaded(buffer) and vim.list_contains(options.now.filetypes, vim.bo[buffer].filetype) then start(buffer) end
  end
end

--- restart ends every server and starts another in its place, with the options of now.
function M.restart()
  local clients = M.clients()
  revived = 0
  if #clients == 0 then
    M.enable()
    return
  end
  for _, client in ipairs(clients) do
    local id, s, waited = client.id, session(client.id), 0
    sessions[id] = nil -- its end is no surprise
    stop(client)
    local timer = assert(vim.uv.new_timer())
    timer:start(50, 50, vim.schedule_wrap(function()
      if timer:is_closing() then return end
      waited = waited + 50
      if not vim.lsp.get_client_by_id(id) then
        timer:close()
        restart_in(s)
      elseif waited == 3000 then
        stop(client, true) -- it does not answer
      end
    end))
  end
end

--- follow keeps account of which buffers a client has, and calls attached for each that it gets.
--- @param attached fun(client: vim.lsp.Client, buffer: integer)
function M.follow(attached)
  vim.api.nvim_create_autocmd('LspAttach', {
    group = M.group,
    callback = function(event)
      local client = vim.lsp.get_client_by_id(event.data.client_id)
      if not client or client.name ~= M.name then return end
      local s = session(client.id)
      s.root = client.config.root_dir
      s.buffers[event.buf] = true
      attached(client, event.buf)
    end,
  })
  vim.api.nvim_create_autocmd('LspDetach', {
    group = M.group,
    callback = function(event)
      local client, s = vim.lsp.get_client_by_id(event.data.client_id), sessions[event.data.client_id]
      -- Where the server itself has ended, the next one gets the buffer.
      if client and s and not client:is_stopped() then s.buffers[event.buf] = nil end
    end,
  })
  -- Not every Neovim watches files, and these are no files of the server's own.
  vim.api.nvim_create_autocmd('BufWritePost', {
    group = M.group,
    pattern = { '.mlm-lsp.toml', '.mlm-lsp-baseline.json' },
    callback = function(event)
      local change = { uri = vim.uri_from_fname(vim.fn.fnamemodify(event.match, ':p')), type = vim.lsp.protocol.FileChangeType.Changed }
      for _, client in ipairs(M.clients()) do notify(client, 'workspace/didChangeWatchedFiles', { changes = { change } }) end
    end,
  })
end

return M
