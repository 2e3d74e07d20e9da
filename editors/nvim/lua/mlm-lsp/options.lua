-- The options of setup: what they are, what they may be, and what they are now. A wrong one is told by its name, and has its default.
local M = {}

local function text(v) return type(v) == 'string' and v ~= '' end
local function texts(v)
  if type(v) ~= 'table' or not vim.islist(v) then return false end
  return vim.iter(v):all(text)
end
local function flag(v) return type(v) == 'boolean' end
local function map(v) return type(v) == 'table' and (next(v) == nil or not vim.islist(v)) end

local levels = { 'debug', 'info', 'warn', 'error' }

-- Each with its default, a test, and what passes it in words. checkhealth and the tests of the help go through this list, too.
M.all = {
  autostart = { true, flag, 'true or false' },
  binary = {
    'mlm-lsp',
    -- A path below the working directory would be a project's choice.
    function(v) return text(v) and (not v:find('[/\\]') or require('mlm-lsp.binary').absolute(vim.fs.normalize(v))) end,
    'a name to look for on the PATH, or an absolute path',
  },
  args = { {}, texts, 'a list of strings' },
  filetypes = {
    { 'go', 'python', 'typescript', 'typescriptreact', 'javascript', 'javascriptreact', 'java', 'rust', 'c', 'cpp', 'php', 'ruby' },
    texts,
    'a list of strings',
  },
  root_markers = { { '.mlm-lsp.toml', '.git' }, texts, 'a list of strings' },
  settings = { {}, map, 'a table of settings' },
  capabilities = { {}, map, 'a table' },
  completion = { true, flag, 'true or false' },
  inlay_hints = { true, flag, 'true or false' },
  accept_inline = { '<C-l>', function(v) return v == false or text(v) end, 'a key, or false' },
  log_file = {
    vim.fs.joinpath(vim.fn.stdpath('log'), 'mlm-lsp.log'),
    function(v) return text(v) and require('mlm-lsp.binary').absolute(vim.fs.normalize(v)) end,
    'an absolute path',
  },
  log_level = { 'info', function(v) return vim.list_contains(levels, v) end, 'one of "' .. table.concat(levels, '", "') .. '"' },
}

-- distance counts the letters to add, take out or replace to get from a to b.
local function distance(a, b)
  local row = {}
  for j = 0, #b do row[j] = j end
  for i = 1, #a do
    local corner = row[0]
    row[0] = i
    for j = 1, #b do
      local above = row[j]
      row[j] = math.min(above + 1, row[j - 1] + 1, corner + (a:byte(i) == b:byte(j) and 0 or 1))
      corner = above
    end
  end
  return row[#b]
end

--- meant says which name of a list somebody may have meant who wrote another one: the one that looks most like it, or else any.
--- @param name string
--- @param known string[]
--- @return string
function M.meant(name, known)
  local best, least
  for _, k in ipairs(known) do
    local d = distance(name:lower(), k)
    if not least or d < least then best, least = k, d end
  end
  if least <= math.max(2, #name / 2) then return ('was `%s` meant?'):format(best) end
  return 'there are ' .. table.concat(known, ', ')
end

local function defaults()
  local all = {}
  for name, option in pairs(M.all) do all[name] = vim.deepcopy(option[1]) end
  return all
end

M.now = defaults() --- @type table<string, any> the options in force
M.problems = {} --- @type string[] what was wrong with those that setup was given

--- set takes the options of setup. It says what is wrong with them in M.problems, and puts the default in the place of each that is.
--- @param given any
function M.set(given)
  M.now, M.problems = defaults(), {}
  if given == nil then return end
  if type(given) ~= 'table' then
    M.problems = { ('setup takes a table of options, not %s'):format(vim.inspect(given)) }
    return
  end
  local known = vim.tbl_keys(M.all)
  table.sort(known)
  for name, value in vim.spairs(given) do
    local option = M.all[name]
    if not option then
      table.insert(M.problems, ('there is no option `%s`: %s'):format(name, M.meant(tostring(name), known)))
    elseif not option[2](value) then
      table.insert(M.problems, ('the option `%s` must be %s, not %s'):format(name, option[3], vim.inspect(value, { newline = ' ', indent = '' })))
    else
      M.now[name] = vim.deepcopy(value)
    end
  end
  M.now.binary = M.now.binary:find('[/\\]') and vim.fs.normalize(M.now.binary) or M.now.binary
  M.now.log_file = vim.fs.normalize(M.now.log_file)
end

--- flag returns one of the server's arguments, as `args` has it: both "--name value" and "--name=value" say it; none if it is not there.
--- @param name string
--- @return string[]
function M.flag(name)
  for i, arg in ipairs(M.now.args) do
    if arg == name then return { name, M.now.args[i + 1] } end
    if vim.startswith(arg, name .. '=') then return { arg } end
  end
  return {}
end

return M
