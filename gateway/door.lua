-- Reads the API keys and the TLS certificate again when their files change, without a restart and without closing a
-- connection: https://docs.haproxy.org/3.2/configuration.html (maps), https://www.arpalert.org/src/haproxy-lua-api/3.2/

local FOLDER = "/run/gateway-secrets/"
local PAUSE_MS = 2000
local TLS_PORT = 8443
-- A map of HAProxy without a file: SHA-256 of a key in lower-case hexadecimal, to the name of its owner.
local KEYS = "virt@api-keys"
local NO_KEYS = "nobody has a valid key, predictions are answered 401"

local function content_of(path)
    local file, problem = io.open(path, "r")
    if file == nil then
        return nil, problem
    end
    local text = file:read("a")
    file:close()
    if text == nil then
        return nil, path .. " cannot be read"
    end
    return text
end

-- The keys of a file: one `name:sha256` a line; empty lines and those that begin with # are left out.
local function keys_of(text)
    local found, count, number = {}, 0, 0
    for line in (text .. "\n"):gmatch("(.-)\r?\n") do
        number = number + 1
        local name, digest = line:match("^%s*([%w_.@+-]+):(%x+)%s*$")
        if name ~= nil and #name <= 64 and #digest == 64 then
            found[digest:lower()] = name
            count = count + 1
        elseif line:match("^%s*[^%s#]") then
            core.Alert("API_KEYS_FILE, line " .. number .. ": is not name:sha256, and no key; `make key NAME=...` makes one")
        end
    end
    return found, count
end

local function follow(path, without, changed)
    local known, failed
    while true do
        local text, problem = content_of(path)
        if text == nil and failed ~= problem then
            core.Alert(problem .. (known and ": what was read before stays in use" or ": " .. without))
        elseif text ~= nil and text ~= known then
            changed(text)
            known = text
        end
        failed = problem
        core.msleep(PAUSE_MS)
    end
end

local keys_file, certificate = os.getenv("API_KEYS_FILE") or "", os.getenv("TLS_CERTIFICATE") or ""

if keys_file ~= "" then
    core.register_task(function()
        local current = {}
        follow(FOLDER .. keys_file, NO_KEYS, function(text)
            local found, count = keys_of(text)
            for digest, name in pairs(found) do
                if current[digest] ~= name then
                    core.set_map(KEYS, digest, name)
                end
            end
            for digest in pairs(current) do
                if found[digest] == nil then
                    core.del_map(KEYS, digest)
                end
            end
            current = found
            if count == 0 then
                core.Alert("API_KEYS_FILE has no key: " .. NO_KEYS)
            else
                core.Info("API keys in use: " .. count)
            end
        end)
    end)
end

-- Certificate and key in one PEM. The manual calls this field `crt`, HAProxy 3.2 knows it as "".
local function set_certificate(path, text)
    local is_set, problem = pcall(CertCache.set, {filename = path, [""] = text})
    if not is_set and tostring(problem):find("Unsupported field", 1, true) then
        is_set, problem = pcall(CertCache.set, {filename = path, crt = text})
    end
    return is_set, problem
end

-- CertCache.set takes a certificate whose key is another one's; then no handshake succeeds.
local function accepts_tls()
    local connection = core.tcp()
    connection:settimeout(2)
    local is_open = connection:connect_ssl("127.0.0.1", TLS_PORT)
        and connection:send("HEAD /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        and connection:receive("*l")
    connection:close()
    return is_open
end

if certificate ~= "" then
    core.register_task(function()
        local path, in_use = FOLDER .. certificate, nil
        follow(path, "no TLS", function(text)
            if in_use == nil then -- HAProxy has read it at its start
                in_use = text
                return
            end
            local is_set, problem = set_certificate(path, text)
            if is_set and not accepts_tls() then
                is_set, problem = false, "its key is not that of the certificate"
                set_certificate(path, in_use)
            end
            if is_set then
                in_use = text
                core.Info("the renewed TLS certificate is in use")
            else
                core.Alert("the TLS certificate cannot be used, the earlier one stays: " .. tostring(problem))
            end
        end)
    end)
end
